"""Run folders: a run's settings, status, epochs and checkpoints. All state of a run is in its folder."""
