"""What can be told before a training: its cost, its layer groups, a learning rate."""
