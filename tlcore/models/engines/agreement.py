"""When two results of a network count as the same."""

import torch
from torch import Tensor

TOLERANCE = 1e-4
"""Largest difference, as a fraction of the range of the expected values."""


def agrees(found: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> bool:
    """Whether shapes are the same, all values are finite, and none differs by more than this part of their range."""
    if found.shape != expected.shape:
        return False
    found, expected = found.float(), expected.float()
    if not bool(torch.isfinite(found).all() and torch.isfinite(expected).all()):
        return False
    allowed = tolerance * float(expected.max() - expected.min())
    return float((found - expected).abs().max()) <= allowed
