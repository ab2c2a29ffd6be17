"""Write an epoch as a program of torch.export, and run one: `.pt2`, for PyTorch without this project."""

import json
import logging
import warnings
from collections.abc import Generator
from io import BytesIO
from typing import Any

import torch
from torch import Tensor, nn

from tlcore.delivery.file_model import NO_ANSWER, Images, Outputs
from tlcore.delivery.onnx_file import SLACK, metadata
from tlcore.errors import ExportRefused
from tlcore.evaluation.answers import Answers, load_answers
from tlcore.models.zoo import architecture_of
from tlcore.runs.folder.run import Run
from tlcore.runs.restore import restore_model
from tlcore.training.events import Progress
from tlcore.transforms.spec import TransformSpec
from tlcore.words import shorten

METADATA = "metadata.json"
"""Name of the extra file inside the program: `torch.export.load(path, extra_files={"metadata.json": ""})`."""


class _Answering(nn.Module):
    """The network with its calibrated probabilities, and the class or NO_ANSWER."""

    def __init__(self, model: nn.Module, answers: Answers) -> None:
        super().__init__()
        self.model = model
        self.temperature, self.threshold = answers.temperature, answers.threshold - SLACK

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits_NC: Tensor = self.model(images)
        probabilities_NC = (logits_NC / self.temperature).softmax(1)
        largest_N, best_N = probabilities_NC.max(1)
        return logits_NC, probabilities_NC, torch.where(largest_N >= self.threshold, best_N, NO_ANSWER)


def pt2_steps(run: Run, epoch: int) -> Generator[Progress, None, bytes]:
    """A program from normalised images, float32 (N, 3, H, W), to (logits, probabilities, answers).

    The first two are float32 (N, C); answers, int64 (N,), are the index of the class, or NO_ANSWER below the threshold.

    Raises CheckpointError, and ExportRefused with the reason if torch.export cannot follow the network.
    """
    yield Progress("write", epoch, 0, 1, 0.0)
    answers = load_answers(run, epoch)
    model = _Answering(restore_model(run, epoch), answers).eval()
    facts = {**metadata(run, epoch, answers), "preprocessing": "none", "precision": "fp32"}
    example = torch.zeros(2, 3, *run.config.eval_transform.output_px())  # a dimension of 1 would become a constant
    file = BytesIO()
    try:
        with torch.no_grad():
            program = torch.export.export(model, (example,), dynamic_shapes=({0: torch.export.Dim("images")},))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about tensors that share memory, which stay equal
            torch.export.save(program, file, extra_files={METADATA: json.dumps(facts, ensure_ascii=False, indent=2)})
    except Exception as error:  # it has many types of errors of its own
        name = architecture_of(run.config).name
        logging.getLogger(__name__).info("%s cannot be exported by torch.export", name, exc_info=True)
        raise ExportRefused(
            f"torch.export cannot follow {name}: {type(error).__name__}: "
            f"{shorten(str(error).strip().partition(chr(10))[0], 300)}. Export it as pth or safetensors."
        ) from None
    yield Progress("write", epoch, 1, 1, 0.0)
    return file.getvalue()


class Pt2Program:
    """A program of this module, from its bytes. Only for a file that was just written here: loading one from somebody
    else could run code."""

    prepares, precision = False, "fp32"

    def __init__(self, content: bytes, transform: TransformSpec) -> None:
        self.transform = transform
        self._module: Any = torch.export.load(BytesIO(content)).module()

    def run(self, images: Images) -> Outputs:
        with torch.inference_mode():
            return Outputs(*(value.numpy() for value in self._module(torch.from_numpy(images))))
