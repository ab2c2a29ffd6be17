"""Previews before a training: its cost, its layer groups, a suggested learning rate."""
