"""`Architecture`: what must be known about a network to replace its head, load weights and train parts of it.

The architectures themselves are in the table in `zoo`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.errors import ConfigError, WeightsError, suggestion
from tlcore.models.packaged import PackagedWeights
from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec

if TYPE_CHECKING:
    from torch import nn

HEAD = "head"
"""Name of the last layer group of every architecture."""
CLASSIFIER = "classifier"
"""Name of the group of hidden layers between the features and the head, in architectures that have them."""
FEATURES = "features"
"""Name for all groups before those two, together."""
PARTS = (FEATURES, CLASSIFIER, HEAD)
"""The parts of every architecture; a part has any number of layer groups. Settings can use these names for all."""

_TORCHVISION_LICENCE = (
    "BSD-3-Clause (torchvision); trained on ImageNet, whose terms (non-commercial research) may apply to the weights"
)

_OWN_LICENCE = "this project's own: trained on pictures that it draws itself, so nobody else's terms apply"


def part_of(group: str) -> str:
    """The part of a layer group: one of `PARTS`."""
    return group if group in (CLASSIFIER, HEAD) else FEATURES


@dataclass(frozen=True)
class Architecture:
    name: str
    """Our name, and torchvision's unless there is a `builder`."""
    head: str
    """Dotted path of the final layer, an nn.Linear or an nn.Conv2d, which is replaced for the task."""
    groups: Mapping[str, tuple[str, ...]]
    """Layer groups from stem to head: paths of modules or single parameters. Together they contain every parameter,
    buffer, BatchNorm and dropout exactly once, except those of auxiliary classifiers. The last group is `head`: the
    modules that run in sequence on the trunk's output. If there are hidden layers before it, they are `classifier`."""
    min_px: int = 1
    """The smallest image side that the network accepts."""
    max_px: int | None = None
    """The largest image side. None: no limit."""
    weights: str | None = "IMAGENET1K_V1"
    """The torchvision weights that `imagenet` means. None: there are none."""
    builtin: str | None = None
    """Name of the files next to this module with our own weights (`.safetensors`), which `builtin` means, and their
    model card (`.md`). None: there are none."""
    packaged: PackagedWeights | None = None
    """The weights of a package that `imagenet` means. None: there are none."""
    other_weights: tuple[str, ...] = ()
    """Further torchvision weights, available as `imagenet:NAME`."""
    aux: tuple[str, ...] = ()
    """Final layers of auxiliary classifiers, replaced together with the head."""
    aux_weight: float = 0.0
    """Weight of each auxiliary loss in training."""
    aux_min_px: int = 1
    """The smallest image side that the auxiliary classifiers accept."""
    builder: "Callable[..., nn.Module] | None" = None
    """The function that builds the network. None: torchvision builds it, by name."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of the builder."""
    pretrained_arguments: Mapping[str, Any] = field(default_factory=dict)
    """Arguments that are different if weights are loaded, from torchvision or from a file."""
    renamed_keys: tuple[tuple[str, str], ...] = ()
    """(pattern, replacement) that turns keys of published weights into keys of the current network."""
    learning_rate_scale: float = 1.0
    """Factor on the default learning rate if training starts from its weights: above 1 for a small network."""
    transform: TransformSpec | None = None
    """The evaluation transform. None: the one that belongs to the weights."""

    @property
    def group_names(self) -> tuple[str, ...]:
        """Names of the layer groups, from stem to head."""
        return tuple(self.groups)

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

    @property
    def num_parameters(self) -> int:
        """Parameters with the original head, as torchvision states it (GoogLeNet: without auxiliary classifiers)."""
        if self.weights is None:
            return sum(parameter.numel() for parameter in self.outline().parameters())
        return int(self.pretrained().meta["num_params"])

    @property
    def default_weights(self) -> str:
        """The default weights: `imagenet` or `builtin`."""
        return "imagenet" if self.builtin is None else "builtin"

    @property
    def builtin_file(self) -> Path:
        """Path of our own weights. Raises WeightsError if there are none."""
        if self.builtin is None:
            raise WeightsError(
                f"There are no built-in weights for {self.name}. "
                "Choose weights `imagenet`, a file of your own, or `none`."
            )
        return Path(__file__).with_name(f"{self.builtin}.safetensors")

    @property
    def model_card(self) -> str | None:
        """The model card of the built-in weights, as Markdown: training data, training, limits."""
        if self.builtin is None:
            return None
        return Path(__file__).with_name(f"{self.builtin}.md").read_text(encoding="utf-8")

    @property
    def weights_names(self) -> tuple[str, ...]:
        """Names of the available torchvision weights, the usual ones first."""
        return () if self.weights is None else (self.weights, *self.other_weights)

    @property
    def named_weights(self) -> tuple[str, ...]:
        """The pretrained weights to choose from as a RunConfig names them: `builtin`, `imagenet`, `imagenet:NAME`."""
        builtin = () if self.builtin is None else ("builtin",)
        imagenet = () if self.weights is None else ("imagenet", *(f"imagenet:{name}" for name in self.other_weights))
        if self.packaged is not None:
            imagenet = ("imagenet",)
        return (*builtin, *imagenet)

    def licence(self, weights: str | None = None) -> str | None:
        """The licence of the weights, in words. None: there are no weights.

        Source: torchvision's README, "Pre-trained Model License", and the `license` of the weights if they have one.
        """
        if self.packaged is not None:
            return self.packaged.licence
        if self.weights is None:
            return None if self.builtin is None else _OWN_LICENCE
        own = self.pretrained(weights).meta.get("license")
        return f"own licence, see {own}" if own else _TORCHVISION_LICENCE

    def pretrained(self, weights: str | None = None) -> Any:
        """Torchvision's entry (url, transforms, meta) for the weights of this name, by default for `self.weights`.

        Raises WeightsError if there are no weights of this name.
        """
        from torchvision.models import get_model_weights

        if self.weights is None:
            raise WeightsError(
                f"There are no ImageNet weights for {self.name}. "
                f"Choose weights {'' if self.builtin is None else '`builtin`, '}`none`, a file of your own, "
                "or another backbone."
            )
        name = weights or self.weights
        if name not in self.weights_names:
            raise WeightsError(f"No weights {name!r} for {self.name}. {suggestion(name, self.weights_names)}")
        return get_model_weights(self.name)[name]

    def eval_transform(self, weights: str | None = None) -> TransformSpec:
        """The evaluation transform that belongs to weights, named as in a RunConfig.

        `imagenet:NAME`: the preprocessing that torchvision evaluated these weights with. All others (`imagenet`,
        `builtin`, `none`, a file, or None): that of the usual weights.
        Raises WeightsError for an `imagenet:NAME` that does not exist.
        """
        if self.transform is not None:
            return self.transform
        kind, _, name = (weights or "").partition(":")
        preset = self.pretrained(name if kind == "imagenet" else None).transforms()
        (resize_px,), (crop_px,) = preset.resize_size, preset.crop_size
        return TransformSpec(
            operations=(Resize(size=resize_px, interpolation=preset.interpolation.value), CenterCrop(size=crop_px)),
            mean=tuple(preset.mean),
            std=tuple(preset.std),
        )

    def build(self, *, pretrained: bool) -> "nn.Module":
        """The network with its original head, initialised at random by the global generator.

        `pretrained` says that weights will be loaded into it.
        """
        from torchvision.models import get_model

        arguments = {**self.arguments, **(self.pretrained_arguments if pretrained else {})}
        network: nn.Module = (
            get_model(self.name, weights=None, **arguments) if self.builder is None else self.builder(**arguments)
        )
        return network

    def outline(self, num_classes: int | None = None, *, pretrained: bool = True) -> "nn.Module":
        """The network on the meta device: names and shapes, without memory or values.

        It has its original head, or final layers for `num_classes`. `pretrained` as for `build`.
        """
        import torch

        from tlcore.models.head import replace_final_layer

        with torch.device("meta"):
            network = self.build(pretrained=pretrained)
            for path in () if num_classes is None else (self.head, *self.aux):
                replace_final_layer(network, path, num_classes or 0)
        return network
