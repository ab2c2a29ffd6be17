"""The race of backbones on a dataset: which one suits these images, and which is small enough to be worth it."""
