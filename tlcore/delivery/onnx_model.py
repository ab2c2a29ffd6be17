"""An exported ONNX file as a model: its facts, and its answers through ONNX Runtime. Needs no torch for tensors.

A file may come from anybody. It is read into memory as a whole, so that it cannot refer to other files, and ONNX
Runtime has no operators here besides its own. N images, C classes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, Field

from tlcore.data.pixels.colour import rows_of
from tlcore.data.pixels.sources import FileSource
from tlcore.data.pixels.tensors import to_tensor
from tlcore.delivery.file_model import Images, Outputs, input_of, prepared
from tlcore.delivery.onnx_file import ANSWER, INPUT, LOGITS, PROBABILITIES
from tlcore.errors import ModelError
from tlcore.evaluation.answers import Answers, probabilities
from tlcore.evaluation.metrics import Logits
from tlcore.system.paths import given_path
from tlcore.system.records import as_record, parse_json, read_bytes
from tlcore.transforms.spec import TransformSpec
from tlcore.words import shorten

MAX_BYTES = 2 << 30
_WHAT = "an ONNX file that this project exported"
_MAX_METADATA = 1 << 20  # characters per entry


class Facts(BaseModel):
    """What the file says about itself."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    classes: tuple[str, ...] = Field(min_length=2)
    """Class names in the order of the logits."""
    transform: TransformSpec
    """The evaluation transform: what the input must have gone through, or what the file does itself."""
    run: str = ""
    epoch: int = Field(0, ge=0)
    dataset: str = ""
    dataset_fingerprint: str = ""
    backbone: str = ""
    licence: str = ""
    temperature: float = Field(1.0, gt=0)
    threshold: float = Field(0.0, ge=0, le=1)
    tlcore_version: str = ""
    preprocessing: Literal["none", "inside"] = "none"
    """`inside`: the input is uint8 RGB of any size, as (N, height, width, 3)."""
    precision: str = "fp32"


@dataclass(frozen=True, eq=False)
class OnnxModel:
    facts: Facts
    session: Any
    """The session of ONNX Runtime."""

    @classmethod
    def load(cls, path: Path | str) -> "OnnxModel":
        """Read a file. Raises ModelError if it is not one that this project exported, or cannot be run."""
        file = given_path(str(path))
        try:
            content = read_bytes(file, _WHAT, error=ModelError, max_bytes=MAX_BYTES)
        except FileNotFoundError:
            raise ModelError(f"There is no file {file}.") from None
        return cls.from_bytes(content, str(file))

    @classmethod
    def from_bytes(cls, content: bytes, where: str, threads: int = 0) -> "OnnxModel":
        """The same for a content in memory; `where` names it in messages. `threads`: 0 for as many as torch uses."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or _threads()
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
            given = dict(session.get_modelmeta().custom_metadata_map)
        except Exception as error:  # of a type of its own for each problem
            reason = shorten(" ".join(str(error).split()), 200)
            raise ModelError(f"{where} is not {_WHAT}: ONNX Runtime cannot load it ({reason}).") from None
        facts = _facts(given, where)
        _check_shapes(session, facts, where)
        return cls(facts, session)

    @property
    def classes(self) -> tuple[str, ...]:
        return self.facts.classes

    @property
    def transform(self) -> TransformSpec:
        return self.facts.transform

    @property
    def answers(self) -> Answers:
        """How the file turns logits into answers."""
        return Answers(epoch=self.facts.epoch, temperature=self.facts.temperature, threshold=self.facts.threshold)

    @property
    def prepares(self) -> bool:
        """Whether the transform is a part of the file, so that it takes images of any size."""
        return self.facts.preprocessing == "inside"

    @property
    def precision(self) -> str:
        return self.facts.precision

    def run(self, images: Images) -> Outputs:
        """All outputs for what the file takes: normalised float32 (N, 3, H, W), or uint8 (N, height, width, 3) if it
        `prepares` them. Raises ModelError if it does not run on them."""
        try:
            return Outputs(*self.session.run([LOGITS, PROBABILITIES, ANSWER], {INPUT: images}))
        except Exception as error:  # of a type of its own for each problem
            reason = shorten(" ".join(str(error).split()), 200)
            raise ModelError(f"The ONNX file does not run on an input of shape {images.shape}: {reason}") from None

    def logits(self, images: Images) -> Logits:
        """Logits (N, C), float32, for what the file takes: see `run`."""
        return self.run(images).logits_NC

    def predict(self, image: Path | str | Image) -> list[tuple[str, float]]:
        """Classes with their probabilities in 0-1, the most likely first, for a file or a PIL image as it is.

        Raises UnreadableImage.
        """
        if isinstance(image, Image):
            rgb = image.convert("RGB")
            images: Images = rows_of(rgb)[None] if self.prepares else prepared(self.transform, to_tensor(rgb))
        else:
            path = given_path(str(image))
            images = input_of(self, FileSource(path.parent), path.name)
        (row,) = probabilities(self.logits(images), self.answers)
        return [(self.classes[index], float(row[index])) for index in np.argsort(-row, kind="stable")]


def _threads() -> int:
    import torch

    return int(torch.get_num_threads())


def _facts(given: dict[str, str], where: str) -> Facts:
    if not {"classes", "transform"} <= given.keys():
        raise ModelError(
            f"{where} is not {_WHAT}: it does not say its classes and its transform. Give one that `export RUN "
            "--format onnx` wrote."
        )
    for name, text in given.items():
        if len(text) > _MAX_METADATA:
            raise ModelError(f"{where} is not {_WHAT}: its entry {shorten(name, 40)!r} is too long.")
    data: dict[str, Any] = {name: text for name, text in given.items() if name in Facts.model_fields}
    for name in ("classes", "transform"):
        data[name] = parse_json(given[name], _WHAT, where, error=ModelError)
    facts = as_record(data, Facts, _WHAT, where, error=ModelError)
    if facts.transform.is_random:
        raise ModelError(f"{where} is not {_WHAT}: its transform is random.")
    return facts


def _check_shapes(session: Any, facts: Facts, where: str) -> None:
    inputs = {value.name: value for value in session.get_inputs()}
    outputs = {value.name: value for value in session.get_outputs()}
    if set(inputs) != {INPUT} or not {LOGITS, PROBABILITIES, ANSWER} <= outputs.keys():
        raise ModelError(
            f"{where} is not {_WHAT}: it needs the input {INPUT}, and the outputs {LOGITS}, {PROBABILITIES} "
            f"and {ANSWER}."
        )
    wanted = "tensor(uint8)" if facts.preprocessing == "inside" else "tensor(float)"
    if inputs[INPUT].type != wanted:
        raise ModelError(f"{where} is not {_WHAT}: its input is {inputs[INPUT].type}, and its facts say {wanted}.")
    classes = outputs[LOGITS].shape[-1]
    if classes != len(facts.classes):
        raise ModelError(f"{where} is not {_WHAT}: it has {classes} logits, and {len(facts.classes)} classes.")
