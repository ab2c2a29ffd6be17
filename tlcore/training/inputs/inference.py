"""Compute the logits of a network on a whole split."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from tlcore.models.architecture import Architecture
from tlcore.models.engines.choose import Runner
from tlcore.models.engines.part import Part
from tlcore.models.split import Head
from tlcore.system.device import DeviceChoice
from tlcore.training.distributed import Processes
from tlcore.training.inputs.batches import PADDING, Batches


class Logits(Protocol):
    """From a batch's inputs to logits (N, C)."""

    def __call__(self, inputs: Tensor, /) -> Tensor: ...

    @property
    def words(self) -> str:
        """The engine that runs the network, in words, after the first batch."""
        ...


@dataclass(frozen=True)
class HeadLogits:
    """The head on features that are at hand."""

    head: Head
    choice: DeviceChoice
    words: str
    """The engine that computed the features."""

    def __call__(self, features: Tensor) -> Tensor:
        with torch.inference_mode(), self.choice.autocast():
            logits_NC: Tensor = self.head(features)
        return logits_NC


def logits_of(
    network: nn.Module, architecture: Architecture, batches: Batches, choice: DeviceChoice, processes: Processes
) -> Logits:
    """How to run a network on these batches: a whole one by the engine that suits their number, a head as it is.

    `network` maps a batch's inputs to logits. It is put into eval mode, and must not change until the pass is over.
    """
    network.eval()
    if isinstance(network, Head):
        return HeadLogits(network, choice, batches.engine)
    part = Part(network, architecture, "logits")
    return Runner(part, choice, len(batches.targets), processes=processes.count)


def predict_logits(run: Logits, batches: Batches, processes: Processes) -> Generator[int, None, Tensor]:
    """Yields the number of finished images after each batch; returns the logits (N, C), float32 on the CPU, in order.

    `run` is from `logits_of`.
    """
    done = 0
    logits_parts: list[Tensor] = []
    position_parts: list[Tensor] = []
    for batch in batches.epoch(0, shuffle=False):
        logits_NC = run(batch.inputs)
        logits_parts.append(processes.gather(logits_NC.float()).cpu())
        position_parts.append(processes.gather(batch.positions).cpu())
        done += batch.size
        yield done
    logits_NC, positions = torch.cat(logits_parts), torch.cat(position_parts)
    real = positions != PADDING
    return logits_NC[real][positions[real].argsort()]
