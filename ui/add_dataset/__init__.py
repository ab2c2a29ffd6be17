"""The dialog that adds a dataset."""
