"""Evaluation: logits of every checkpoint, and how sure one can be of what they say."""
