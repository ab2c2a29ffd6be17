"""One run's folder: its records, checkpoints, predictions and lock."""
