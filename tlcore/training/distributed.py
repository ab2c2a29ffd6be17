"""Training in one process or in several, with one interface for the loop.

`torchrun` starts several processes; Hugging Face Accelerate then sets up the process group and the gradient averaging.
Every process has the same model and takes its part of each batch.
"""

import os
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn


class Processes:
    """A single process: it is the main one, has all data, and waits for no other."""

    rank = 0
    count = 1

    @property
    def is_main(self) -> bool:
        return self.rank == 0

    def wrap(self, model: nn.Module) -> nn.Module:
        """The module to call for a training step."""
        return model

    def all_reduce(self, values: Tensor) -> Tensor:
        """Element-wise sum over the processes."""
        return values

    def gather(self, rows: Tensor) -> Tensor:
        """The rows of all processes, in order of rank; every process has the same number of rows."""
        return rows

    def any(self, said: bool) -> bool:
        """Whether the value is true in any process."""
        return said

    def gather_dict(self, found: Mapping[int, Any]) -> Mapping[int, Any]:
        """The union of the dictionaries of all processes."""
        return found

    def broadcast(self, value: Any) -> Any:
        """The main process's value of a small picklable object, in all processes."""
        return value


class SeveralProcesses(Processes):
    def __init__(self, on_cpu: bool) -> None:
        from accelerate import Accelerator, DistributedDataParallelKwargs

        # Do not wait for layers without gradient, such as auxiliary heads of a frozen trunk.
        unused = DistributedDataParallelKwargs(find_unused_parameters=True)
        self._accelerator = Accelerator(cpu=on_cpu, kwargs_handlers=[unused])
        self.rank = self._accelerator.process_index
        self.count = self._accelerator.num_processes
        self.device: torch.device = self._accelerator.device

    def wrap(self, model: nn.Module) -> nn.Module:
        if self.device.type == "cuda":
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        self._accelerator.free_memory()
        wrapped: nn.Module = self._accelerator.prepare_model(model)
        return wrapped

    def all_reduce(self, values: Tensor) -> Tensor:
        summed: Tensor = self._accelerator.reduce(values, reduction="sum")
        return summed

    def gather(self, rows: Tensor) -> Tensor:
        gathered: Tensor = self._accelerator.gather(rows.contiguous())
        return gathered

    def any(self, said: bool) -> bool:
        return bool(self.all_reduce(torch.tensor(float(said), device=self.device)) > 0)

    def gather_dict(self, found: Mapping[int, Any]) -> Mapping[int, Any]:
        from accelerate.utils import gather_object

        return dict(item for part in gather_object([list(found.items())]) for item in part)

    def broadcast(self, value: Any) -> Any:
        from accelerate.utils import broadcast_object_list

        return broadcast_object_list([value])[0]


def started_by_torchrun() -> bool:
    """Whether this process is one of several, from torchrun's environment variables."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1
