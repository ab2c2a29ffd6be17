"""Class activation maps: which parts of an image support a class.

N images, K channels of the last feature map, H x W pixels of the network's input, h x w cells of the feature map.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from scipy.ndimage import map_coordinates
from torch import Tensor, nn

from tlcore.errors import ModelError
from tlcore.models.architecture import HEAD, Architecture
from tlcore.models.feature_maps import Grid, Recording, record
from tlcore.transforms.geometry import Affine, resizing
from tlcore.transforms.sizes import Size


@dataclass(frozen=True, eq=False)
class ClassMap:
    values_HW: npt.NDArray[np.float32]
    """In 0-1: 1 where the support for the class is strongest, 0 where there is none. Size of the network's input."""
    method: str
    """`CAM` or `Grad-CAM`."""
    cells: Size
    """Height and width of the feature map that this map was computed from."""


def class_map(model: nn.Module, architecture: Architecture, image_CHW: Tensor, target: int) -> ClassMap:
    """The map of one class for one normalised image. The model is expected in eval mode.

    CAM (Zhou et al. 2016) if the head is linear on the pooled feature map, else Grad-CAM (Selvaraju et al. 2017).
    Raises ModelError if the network has no feature map that its output depends on.
    """
    parameter = next(model.parameters())
    images_NCHW = image_CHW[None].to(parameter.device, parameter.dtype)
    weights_K, found = _class_weights(model, architecture, target), None
    if weights_K is not None:
        with torch.no_grad():  # gradients would keep what every layer computes in memory
            recording = record(model, architecture, images_NCHW)
            found = _cam(recording, weights_K)
    if found is None:
        with torch.enable_grad():
            recording = record(model, architecture, images_NCHW.requires_grad_())
            found = _grad_cam(recording, target)
    if found is None:
        raise ModelError(f"No map can be made for {architecture.name}: it keeps no layout of the image to its end.")
    evidence_hw, method = found
    values_hw = evidence_hw.detach().float().clamp(min=0).cpu().numpy()
    height, width = values_hw.shape
    return ClassMap(_enlarge(values_hw, recording.grid((height, width)), recording.input_size), method, (height, width))


def on_original(
    values_HW: npt.NDArray[np.float32], to_original: Affine, original: Size, shown: Size
) -> npt.NDArray[np.float32]:
    """A map laid over the image it was made from, at the size `shown`; 0 outside of what the network saw.

    `to_original` maps points of the network's input to points of the original image: `Draw.to_original`.
    """
    to_map = np.linalg.inv(to_original) @ resizing(original, shown)
    height, width = shown
    laid = Image.fromarray(values_HW).transform(
        (width, height), Image.Transform.AFFINE, to_map[:2].ravel().tolist(), Image.Resampling.BILINEAR
    )
    return np.asarray(laid)


def _cam(recording: Recording, weights_K: Tensor) -> tuple[Tensor, str] | None:
    """The class's weights times the last feature map, if the head works on the mean of that map.

    Then the mean of the result plus the bias is the logit.
    """
    maps = [found for output in recording.late_outputs if (found := recording.map_of(output)) is not None]
    if not maps:
        return None
    pooled_NK = recording.head_input.flatten(1)
    for map_NKhw in (maps[-1], maps[-1].relu()):  # densenet's last ReLU is not a module
        means_NK = map_NKhw.mean((2, 3))
        if means_NK.shape == pooled_NK.shape and torch.allclose(means_NK, pooled_NK, rtol=1e-3, atol=1e-4):
            return torch.einsum("k,khw->hw", weights_K, map_NKhw[0]), "CAM"
    return None


def _class_weights(model: nn.Module, architecture: Architecture, target: int) -> Tensor | None:
    """The weights of one class, shape (K,), if the head is only a linear layer and dropout."""
    layers = [layer for path in architecture.groups[HEAD] for layer in model.get_submodule(path).modules()]
    leaves = [layer for layer in layers if not list(layer.children()) and not isinstance(layer, nn.Dropout)]
    if len(leaves) == 1 and isinstance(leaves[0], nn.Linear):
        return leaves[0].weight[target]
    return None


def _grad_cam(recording: Recording, target: int) -> tuple[Tensor, str] | None:
    """The last map that the logit depends on in more than one place, its channels weighted by their mean gradient.

    A transformer that reads only its class token has no such map at its end; then an earlier one is used.
    """
    width = recording.head_input.shape[1]
    outputs = [
        output for output in recording.late_outputs if output.requires_grad and recording.map_of(output) is not None
    ]
    tokens = [output for output in outputs if output.ndim == 3 and output.shape[2] == width]
    outputs = tokens or outputs  # of a transformer the stream of tokens, not the queries, keys and values beside it
    if not outputs:
        return None
    slopes = torch.autograd.grad(recording.logits_NC[0, target], outputs, allow_unused=True)
    for output, slope in zip(reversed(outputs), reversed(slopes), strict=True):
        map_NKhw, slope_NKhw = recording.map_of(output), None if slope is None else recording.map_of(slope)
        if map_NKhw is not None and slope_NKhw is not None and int((slope_NKhw != 0).any(1).sum()) > 1:
            return torch.einsum("k,khw->hw", slope_NKhw.mean((2, 3))[0], map_NKhw[0]), "Grad-CAM"
    return None


def _enlarge(values_hw: npt.NDArray[np.float32], grid: Grid, size: Size) -> npt.NDArray[np.float32]:
    """Linear interpolation between the centres of the cells, at most 1."""
    rows, columns = (
        (np.arange(side) - offset) / stride for side, offset, stride in zip(size, grid.offset, grid.stride, strict=True)
    )
    where = np.meshgrid(rows, columns, indexing="ij")
    values_HW: npt.NDArray[np.float32] = map_coordinates(values_hw, where, order=1, mode="nearest")
    peak = values_HW.max()
    return np.asarray(values_HW / peak if peak > 0 else values_HW, dtype=np.float32)
