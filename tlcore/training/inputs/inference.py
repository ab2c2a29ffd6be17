"""Compute the logits of a network on a whole split."""

from collections.abc import Generator

import torch
from torch import Tensor, nn

from tlcore.system.device import DeviceChoice
from tlcore.training.distributed import Processes
from tlcore.training.inputs.batches import PADDING, Batches


def predict_logits(
    network: nn.Module, batches: Batches, choice: DeviceChoice, processes: Processes
) -> Generator[int, None, Tensor]:
    """Yields the number of finished images after each batch; returns the logits (N, C), float32 on the CPU, in order.

    `network` maps a batch's inputs to logits; it is put into eval mode.
    """
    network.eval()
    done = 0
    logits_parts: list[Tensor] = []
    position_parts: list[Tensor] = []
    for batch in batches.epoch(0, shuffle=False):
        with torch.inference_mode(), choice.autocast():
            logits_NC = network(batch.inputs)
        logits_parts.append(processes.gather(logits_NC.float()).cpu())
        position_parts.append(processes.gather(batch.positions).cpu())
        done += batch.size
        yield done
    logits_NC, positions = torch.cat(logits_parts), torch.cat(position_parts)
    real = positions != PADDING
    return logits_NC[real][positions[real].argsort()]
