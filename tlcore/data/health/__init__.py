"""What is wrong with a dataset: measures, duplicates, leaks, doubtful labels."""
