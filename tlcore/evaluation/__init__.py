"""Evaluation: logits of every checkpoint, metrics from them, and how certain these are."""
