"""Endings of weights files. Separate from the code that reads them, so that pages can use it without torch."""

WEIGHTS_ENDINGS = (".pth", ".pt", ".tar", ".ckpt", ".bin", ".pkl", ".safetensors")
"""The ending only shows that a text is the name of a file; the format is recognised by the content."""
