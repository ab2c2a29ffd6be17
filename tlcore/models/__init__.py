"""Backbones: the table of architectures, the sources of their weights, and which layers are trained."""
