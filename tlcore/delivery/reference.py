"""The run's own network in fp32, beside a file in fp32, where the stored logits were computed in bf16.

bf16 has three digits, so a comparison with stored logits cannot show more than those. On some images, this shows the
rest. N images, C classes.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from tlcore.data.dataset import ImageSource, Sample
from tlcore.evaluation.answers import load_answers, probabilities
from tlcore.runs.folder.run import Run
from tlcore.runs.restore import restore_model

IMAGES = 32
_BATCH = 8


def reference_rows(count: int) -> list[int]:
    """Which of so many images are compared: at most IMAGES, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, IMAGES)).astype(int)).tolist() if count else []


def reference_probabilities(
    run: Run, epoch: int, source: ImageSource, samples: Sequence[Sample]
) -> npt.NDArray[np.float64]:
    """The calibrated probabilities (N, C) of an epoch, by PyTorch in fp32 on the CPU. Raises UnreadableImage."""
    model, transform = restore_model(run, epoch), run.config.eval_transform
    prepare = transform.build()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(samples), _BATCH):
            some = samples[start : start + _BATCH]
            images_NCHW = torch.stack([prepare(source.load(sample.id, transform)) for sample in some])
            parts.append(model(images_NCHW).numpy())
    return probabilities(np.concatenate(parts), load_answers(run, epoch))
