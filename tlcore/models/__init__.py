"""Backbones: a table of architectures, where their weights come from, what of them is trained."""
