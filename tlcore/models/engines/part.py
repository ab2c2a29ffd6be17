"""What an engine runs: a network in eval mode, and the output of it that is wanted."""

import hashlib
from dataclasses import dataclass, replace
from typing import Literal

from torch import Tensor, nn

from tlcore.models.architecture import HEAD, Architecture
from tlcore.models.digest import state_digest
from tlcore.models.groups import group_of
from tlcore.models.split import extract_features


@dataclass(frozen=True)
class Part:
    model: nn.Module
    architecture: Architecture
    output: Literal["features", "logits"]
    """The features before the head, as in `models.split`, or the logits."""

    def __call__(self, images_NCHW: Tensor) -> Tensor:
        if self.output == "features":
            return extract_features(self.model, self.architecture, images_NCHW)
        logits_NC: Tensor = self.model(images_NCHW)
        return logits_NC

    def of(self, model: nn.Module) -> "Part":
        """The same part of another form of the model."""
        return replace(self, model=model)

    def as_module(self) -> nn.Module:
        return self.model if self.output == "logits" else _Features(self)

    def digest(self) -> str:
        """Hash of the architecture and of every weight and statistic that the output depends on."""
        entries = self.model.state_dict().items()
        used = {name: value for name, value in entries if self.output == "logits" or not self._is_of_head(name)}
        return f"{self.architecture.name} {state_digest(used)}"

    def structure(self) -> str:
        """Hash of the architecture, of names and shapes of what the output depends on, and of the kind of output."""
        shapes = [(name, tuple(value.shape)) for name, value in self.model.state_dict().items()]
        used = [entry for entry in shapes if self.output == "logits" or not self._is_of_head(entry[0])]
        return hashlib.sha256(repr((self.architecture.name, self.output, used)).encode()).hexdigest()

    @property
    def num_bytes(self) -> int:
        return sum(value.nbytes for value in self.model.state_dict().values())

    def _is_of_head(self, name: str) -> bool:
        return group_of(self.architecture, name) == HEAD


class _Features(nn.Module):
    """A module from images to features, for the exporter."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self.model = part.model
        self._part = part

    def forward(self, images: Tensor) -> Tensor:
        return extract_features(self.model, self._part.architecture, images)
