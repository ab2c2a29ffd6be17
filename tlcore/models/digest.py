"""A digest of weights, to tell whether two networks have the same values."""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor


def state_digest(state: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, shapes, types and values of a state_dict, in hex."""
    hasher = hashlib.sha256()
    for name, value in sorted(state.items()):
        hasher.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        hasher.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return hasher.hexdigest()
