"""Run folders: what a run was told, where it stands, its epochs and checkpoints. The folder is the only truth."""
