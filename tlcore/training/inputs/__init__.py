"""What the loop is fed: batches, kept features, passes without gradients."""
