"""What one checkpoint says about images from anywhere."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from tlcore.data.sources import FileSource
from tlcore.device import DeviceChoice, choose_device
from tlcore.errors import CheckpointError
from tlcore.runs.folder import Run
from tlcore.runs.restore import restore_model
from tlcore.training.history import best_epoch


@dataclass(frozen=True)
class Predictor:
    """A model of one epoch with the evaluation transform that its run stored."""

    run: Run
    epoch: int
    model: nn.Module
    choice: DeviceChoice

    def predict(self, path: Path) -> list[tuple[str, float]]:
        """Classes with their probabilities in 0-1, the most likely first. Raises UnreadableImage."""
        assert self.run.config.eval_transform is not None
        image_CHW = self.run.config.eval_transform.build()(FileSource(path.parent).load(path.name))
        images_NCHW = image_CHW[None].to(self.choice.device)
        with torch.inference_mode(), self.choice.autocast():
            logits_NC = self.model(images_NCHW.contiguous(memory_format=self.choice.memory_format))
        probabilities = logits_NC.float().softmax(1)[0].tolist()
        return sorted(zip(self.run.classes, probabilities, strict=True), key=lambda pair: -pair[1])


def load_predictor(run: Run, epoch: int | None = None, device: str = "auto") -> Predictor:
    """The model of an epoch; of the best one on val where none is named. Raises CheckpointError, DeviceError."""
    if epoch is None:
        history = run.history()
        if not history:
            raise CheckpointError(f"Run {run.name} has no epoch yet. Start it with `resume {run.name}`.")
        epoch = best_epoch(history)
    choice = choose_device(device, run.config.precision)
    model = restore_model(run, epoch).to(choice.device).to(memory_format=choice.memory_format)
    return Predictor(run, epoch, model, choice)
