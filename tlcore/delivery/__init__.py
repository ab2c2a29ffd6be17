"""Exports: the files that a run gives to other programs."""
