"""The inputs of the training loop: batches, stored features, passes without gradients."""
