"""Pictures drawn from a seed: the demo dataset, and the world that the built-in backbone learned from.

Randomness comes from the standard library's `random.Random`, whose sequence is the same on every machine, and pixels
from Pillow's integer arithmetic wherever it has one.
"""
