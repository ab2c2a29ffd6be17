"""Endings of the files that weights are taken from. Apart from their reader, so that a page can ask without torch."""

WEIGHTS_ENDINGS = (".pth", ".pt", ".tar", ".ckpt", ".bin", ".pkl", ".safetensors")
"""What is in a file is told by its content; the ending only tells that a name is meant to be a file."""
