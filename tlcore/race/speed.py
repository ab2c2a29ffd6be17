"""How long the frozen part of a network takes for an image on this machine, without reading and decoding."""

import time

import torch

from tlcore.training.distributed import Processes
from tlcore.training.inputs.features import FORWARD_BATCH, FeatureRequest, Trunk

PASSES = 5
ENOUGH_S = 1.0
"""A slow network is timed for about so long, and at least twice."""


def seconds_per_image(request: FeatureRequest, trunk: Trunk) -> float:
    """The fastest of up to PASSES passes over one batch, after one that warms up, divided by its images.

    They run by the engine that computes the features of this request. The batch has FORWARD_BATCH images of noise,
    always the same, in the size of the transform. The fastest pass is the one that other work on the machine disturbed
    least, as the documentation of Python's timeit says.
    """
    transform, run = request.transform, request.runner(trunk, Processes())
    height_px, width_px = transform.output_px()
    noise = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (FORWARD_BATCH, 3, height_px, width_px), dtype=torch.uint8, generator=noise)
    images = transform.build_normalize()(pixels.to(trunk.choice.device))
    images = images.contiguous(memory_format=trunk.choice.memory_format)
    run(images).cpu()
    times: list[float] = []
    while len(times) < PASSES and (len(times) < 2 or sum(times) < ENOUGH_S):
        started = time.perf_counter()
        run(images).cpu()  # `.cpu()` waits for a GPU
        times.append(time.perf_counter() - started)
    return min(times) / FORWARD_BATCH
