"""`Architecture`: what must be known about a network to replace its head, load weights and train parts of it.

There are two kinds: an entry of our table (`table`, listed in `zoo`) and any network of timm (`timm_network`). Nothing
outside this folder asks which kind an architecture is.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.errors import ConfigError, WeightsError, suggestion
from tlcore.models.licence import Licence
from tlcore.transforms.spec import CenterCrop, TransformSpec

if TYPE_CHECKING:
    from torch import nn

    from tlcore.models.saved_model import StateDict

HEAD = "head"
"""Name of the last layer group of every architecture."""
CLASSIFIER = "classifier"
"""Name of the group of hidden layers between the features and the head, in architectures that have them."""
FEATURES = "features"
"""Name for all groups before those two, together."""
PARTS = (FEATURES, CLASSIFIER, HEAD)
"""The parts of every architecture; a part has any number of layer groups. Settings can use these names for all."""


def part_of(group: str) -> str:
    """The part of a layer group: one of `PARTS`."""
    return group if group in (CLASSIFIER, HEAD) else FEATURES


class Architecture(ABC):
    name: str
    """The name by which a run's configuration names it."""
    min_px: int = 1
    """The smallest image side that the network accepts."""
    max_px: int | None = None
    """The largest image side. None: no limit."""
    aux: tuple[str, ...] = ()
    """Final layers of auxiliary classifiers, replaced together with the head."""
    aux_weight: float = 0.0
    """Weight of each auxiliary loss in training."""
    aux_min_px: int = 1
    """The smallest image side that the auxiliary classifiers accept."""
    renamed_keys: tuple[tuple[str, str], ...] = ()
    """(pattern, replacement) that turns keys of published weights into keys of the current network."""

    if TYPE_CHECKING:  # fields of a table's entry; computed when asked for, for a network of timm

        @property
        def head(self) -> str:
            """Dotted path of the final layer, an nn.Linear or an nn.Conv2d, which is replaced for the task."""

        @property
        def groups(self) -> Mapping[str, tuple[str, ...]]:
            """Layer groups from stem to head: paths of modules or of single parameters and buffers.

            Together they contain every parameter, buffer, BatchNorm and dropout exactly once, except those of auxiliary
            classifiers. The last group is `head`: the modules that run in sequence on the trunk's output. If there are
            hidden layers before it, they are `classifier`.
            """

    @property
    @abstractmethod
    def named_weights(self) -> tuple[str, ...]:
        """The pretrained weights that have a name in a RunConfig, the usual ones first: `imagenet`, `pretrained`, …"""

    @abstractmethod
    def licence(self, weights: str | None = None) -> Licence | None:
        """The licence of the weights of this name, by default of the usual ones. None: there are no weights.

        Raises WeightsError if there are no weights of this name.
        """

    @abstractmethod
    def eval_transform(self, weights: str | None = None) -> TransformSpec:
        """The evaluation transform that belongs to weights, named as in a RunConfig.

        A file, `none` and None get that of the usual weights. Raises WeightsError for a name that does not exist.
        """

    @property
    def normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and std of the usual weights' evaluation transform. An entry of the table does not load torch for it."""
        transform = self.eval_transform()
        return transform.mean, transform.std

    @abstractmethod
    def accuracy(self, weights: str | None = None) -> float | None:
        """Published accuracy on ImageNet in 0-1 of named weights, by default the usual ones. None: not known here."""

    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that the published weights were trained for, in the order of the logits.

        Raises WeightsError if there are no such weights, or their classes are not known.
        """

    @property
    @abstractmethod
    def num_parameters(self) -> int:
        """Parameters with the original head, as published (GoogLeNet: without auxiliary classifiers)."""

    @abstractmethod
    def named_file(self, weights: str) -> Path:
        """The file with the weights of this name; it may not be on this machine yet.

        Raises WeightsError if there are no weights of this name.
        """

    @abstractmethod
    def address(self, weights: str) -> str | None:
        """Where the weights of this name are downloaded from. None: they come with this project.

        Raises WeightsError if there are no weights of this name, or the package that brings them is not installed.
        """

    @abstractmethod
    def load_named(self, weights: str) -> "StateDict":
        """The values of the weights of this name, on the CPU, as they were published; downloaded if needed.

        Raises WeightsError if they do not exist, cannot be downloaded, or are damaged.
        """

    @abstractmethod
    def build(self, values: "StateDict | None" = None, source: str = "") -> "nn.Module":
        """The network with its original head on the CPU, with these values or initialised by the global generator.

        A network that has no head yet, or several, gets one. Only the head may be missing from the values, or differ.
        Raises WeightsError, which names the values `source`, if they do not fit.
        """

    @abstractmethod
    def outline(self, num_classes: int | None = None, *, pretrained: bool = True) -> "nn.Module":
        """The network on the meta device: names and shapes, without memory or values.

        It has its original head, or final layers for `num_classes`. `pretrained` says that it is that of loaded values,
        which can have layers that a network from scratch has not.
        """

    @abstractmethod
    def hollow(self, num_classes: int, *, pretrained: bool = True) -> "nn.Module":
        """The network with final layers for `num_classes`, for values that are loaded with `assign=True`.

        What is in no state_dict, such as indices and frequencies, has its values.
        """

    @abstractmethod
    def code(self, num_classes: int, *, pretrained: bool) -> tuple[str, str]:
        """Python that builds the network with final layers for `num_classes`: lines that import, and an expression."""

    def check_values(self, values: "StateDict", source: str) -> None:
        """Raises WeightsError, which names the values `source`, if `build` would not take them."""
        self.build(values, source)

    def at_px(self, size_px: int) -> "Architecture":
        """The same architecture for images of this side: another network if its position embeddings depend on it.

        Raises ConfigError if it cannot be built for this size.
        """
        return self

    @property
    def default_weights(self) -> str:
        """The weights that a run gets if it leaves them open; if there are none, a name that is refused in words."""
        return next(iter(self.named_weights), "pretrained")

    def check_named(self, weights: str | None) -> str:
        """The name itself, or the usual one for None. Raises WeightsError if there are no weights of this name."""
        if weights in self.named_weights:
            return weights
        if weights is None and self.named_weights:
            return self.named_weights[0]
        if not self.named_weights:
            raise WeightsError(
                f"There are no published weights for {self.name}. Choose a file of your own, `none`, or "
                "another backbone."
            )
        raise WeightsError(f"No weights {weights!r} for {self.name}. {suggestion(str(weights), self.named_weights)}")

    def is_here(self, weights: str) -> bool:
        """Whether the file with the weights of this name is on this machine."""
        return self.named_file(weights).is_file()

    @property
    def group_names(self) -> tuple[str, ...]:
        """Names of the layer groups, from stem to head."""
        return tuple(self.groups)

    @property
    def final_layers(self) -> tuple[str, ...]:
        """Paths of the layers that are made for the task's classes: the head, and those of auxiliary classifiers."""
        return self.head, *self.aux

    @property
    def aux_modules(self) -> tuple[str, ...]:
        """Paths of the auxiliary classifiers, which are trained with the head group."""
        return tuple(path.rpartition(".")[0] for path in self.aux)

    @property
    def input_px(self) -> int:
        """Side of the square image that the evaluation transform returns."""
        crop = self.eval_transform().operations[-1]
        if not isinstance(crop, CenterCrop) or not isinstance(crop.size, int):
            raise TypeError(f"the evaluation transform of {self.name} does not end in a square CenterCrop")
        return crop.size

    @property
    def min_training_px(self) -> int:
        """The smallest image side for training the trunk: auxiliary classifiers may need larger images."""
        return max(self.min_px, self.aux_min_px)

    def check_input_px(self, size_px: int, *, trunk_trains: bool = False) -> None:
        """Raises ConfigError if images of this side are too small or too large for the network."""
        smallest = self.min_training_px if trunk_trains else self.min_px
        if smallest <= size_px and (self.max_px is None or size_px <= self.max_px):
            return
        subject = f"To train more than its head, {self.name}" if smallest > self.min_px else self.name
        needed = f"exactly {smallest}" if smallest == self.max_px else f"at least {smallest}"
        raise ConfigError(
            f"{subject} needs images of {needed} px, and the transform delivers {size_px} px. "
            f"Its usual size is {self.input_px} px."
        )
