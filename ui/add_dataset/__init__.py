"""The dialog that takes in a dataset."""
