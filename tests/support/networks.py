"""Networks with random weights whose BatchNorm layers do something."""

import torch
from torch import Tensor, nn

from tlcore.models.architecture import Architecture
from tlcore.models.build import build_model


def network_with_statistics(name: str, classes: int = 3) -> nn.Module:
    """A network of the zoo in eval mode. Statistics, weights and biases of its BatchNorm layers are random."""
    model = build_model(name, "none", classes, seed=3).eval()
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for norm in model.modules():
            if isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d) and norm.running_mean is not None:
                assert norm.running_var is not None
                norm.running_mean.normal_(0, 0.2, generator=draw)
                norm.running_var.uniform_(0.5, 2.0, generator=draw)
                norm.weight.uniform_(0.5, 1.5, generator=draw)
                norm.bias.normal_(0, 0.2, generator=draw)
    return model


def images_for(architecture: Architecture, count: int = 2) -> Tensor:
    """Normalised images (N, 3, H, W) of a size that the network accepts, as small as useful."""
    fixed = architecture.name.startswith("timm:") or architecture.max_px is not None
    size_px = architecture.input_px if fixed else max(64, architecture.min_px)
    return torch.randn(count, 3, size_px, size_px, generator=torch.Generator().manual_seed(1))
