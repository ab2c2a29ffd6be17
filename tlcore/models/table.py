"""`TableEntry`: an architecture whose layer groups are written by hand; torchvision builds it, or a function of ours.

The entries are in `zoo`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from tlcore.errors import WeightsError
from tlcore.models.architecture import Architecture
from tlcore.models.licence import Licence
from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec

if TYPE_CHECKING:
    from torch import nn

    from tlcore.models.saved_model import StateDict

_TORCHVISION = Licence(
    "BSD-3-Clause",
    "BSD-3-Clause (torchvision); trained on ImageNet, whose terms (non-commercial research) may apply to the weights",
)
OTHER_WEIGHTS = "`--weights FILE` takes a file of your own, `--weights none` random values."


@dataclass(frozen=True)
class TableEntry(Architecture):
    name: str
    """Our name, and torchvision's unless there is a `builder`."""
    head: str
    groups: Mapping[str, tuple[str, ...]] = field(hash=False)
    min_px: int = 1
    max_px: int | None = None
    weights: str | None = "IMAGENET1K_V1"
    """The torchvision weights that `imagenet` means. None: there are none."""
    other_weights: tuple[str, ...] = ()
    """Further torchvision weights, available as `imagenet:NAME`."""
    aux: tuple[str, ...] = ()
    aux_weight: float = 0.0
    aux_min_px: int = 1
    builder: "Callable[..., nn.Module] | None" = None
    """The function that builds the network. None: torchvision builds it, by name."""
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Keyword arguments of the builder."""
    pretrained_arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Arguments that are different if weights are loaded, from torchvision or from a file."""
    renamed_keys: tuple[tuple[str, str], ...] = ()
    transform: TransformSpec | None = None
    """The evaluation transform. None: the one that belongs to the weights."""

    @property
    def named_weights(self) -> tuple[str, ...]:
        if self.weights is None:
            return ()
        return ("imagenet", *(f"imagenet:{name}" for name in self.other_weights))

    @property
    def num_parameters(self) -> int:
        if self.weights is None:
            return sum(parameter.numel() for parameter in self.outline().parameters())
        return int(self.published().meta["num_params"])

    def published(self, weights: str | None = None) -> Any:
        """Torchvision's entry (url, transforms, meta) for `imagenet` or `imagenet:NAME`, by default the usual one.

        Raises WeightsError if there are no weights of this name.
        """
        from torchvision.models import get_model_weights

        name = self.check_named(weights).partition(":")[2] or self.weights
        return get_model_weights(self.name)[name]

    def licence(self, weights: str | None = None) -> Licence | None:
        """Source: torchvision's README, "Pre-trained Model License", and the `license` of weights that have one."""
        if self.weights is None:
            return None
        own = self.published(weights).meta.get("license")
        if own is None:
            return _TORCHVISION
        return Licence("own licence", f"own licence, see {own}", "read its terms before commercial use")

    def eval_transform(self, weights: str | None = None) -> TransformSpec:
        """`imagenet:NAME` has the preprocessing that torchvision evaluated these weights with."""
        if self.transform is not None:
            return self.transform
        preset = self.published(weights if (weights or "").partition(":")[0] == "imagenet" else None).transforms()
        (resize_px,), (crop_px,) = preset.resize_size, preset.crop_size
        return TransformSpec(
            operations=(Resize(size=resize_px, interpolation=preset.interpolation.value), CenterCrop(size=crop_px)),
            mean=tuple(preset.mean),
            std=tuple(preset.std),
            decode="reduced",
        )

    @property
    def normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        transform = self.transform or TransformSpec(operations=())  # torchvision's all use ImageNet's
        return transform.mean, transform.std

    def accuracy(self, weights: str | None = None) -> float | None:
        if self.weights is None:
            return None
        metrics = self.published(weights).meta["_metrics"].get("ImageNet-1K", {})
        return float(metrics["acc@1"]) / 100 if "acc@1" in metrics else None

    def classes(self) -> tuple[str, ...]:
        """The 1,000 classes of ImageNet. Two names occur twice: `crane` and `maillot`."""
        return tuple(self.published().meta["categories"])

    def named_file(self, weights: str) -> Path:
        """Torchvision's files are in torch.hub's cache; TORCH_HOME changes its place."""
        import torch

        file_name = PurePosixPath(urlparse(self.published(weights).url).path).name
        return Path(torch.hub.get_dir()) / "checkpoints" / file_name

    def address(self, weights: str) -> str | None:
        return str(self.published(weights).url)

    def load_named(self, weights: str) -> "StateDict":
        from tlcore.models.at_hand import at_hand_words
        from tlcore.models.saved_model import as_state_dict

        file, entry = self.named_file(weights), self.published(weights)
        try:
            loaded = entry.get_state_dict(progress=False, check_hash=True, map_location="cpu", weights_only=True)
        except Exception as error:  # a download or a damaged pickle can raise almost any error
            if file.exists():
                raise WeightsError(
                    f"{file} is damaged: it cannot be read as weights. Delete it, and it will be downloaded again; or "
                    "choose other weights.",
                    cli=OTHER_WEIGHTS,
                ) from error
            raise WeightsError(
                f"The ImageNet weights of {self.name} are not on this machine, and could not be downloaded: "
                f"{error}.\nGet {file.name} from {entry.url} and put it into {file.parent}; or choose a file of "
                f"your own, or random weights. {at_hand_words()}",
                cli=f"The environment variable TORCH_HOME moves that folder. {OTHER_WEIGHTS}",
            ) from error
        return as_state_dict(loaded, file)

    def build(self, values: "StateDict | None" = None, source: str = "") -> "nn.Module":
        """With values no random values are drawn first, except for auxiliary classifiers that the values lack."""
        import torch
        from torch import nn

        from tlcore.models.matching import fit_state_dict

        if values is None:
            return self._made(pretrained=False)
        outline = self.outline()
        fitted = fit_state_dict(values, outline, self, source)
        model = outline.to_empty(device="cpu")
        for path in self.aux_modules:  # these may be missing from the weights
            for module in model.get_submodule(path).modules():
                if isinstance(module, nn.Linear | nn.Conv2d | nn.BatchNorm2d):
                    module.reset_parameters()
        target = model.state_dict()
        with torch.no_grad():
            for name, value in fitted.items():
                target[name].copy_(value)
            for name, parameter in model.get_submodule(self.head).named_parameters(prefix=self.head):
                head = values.get(name)
                if head is not None and head.shape == parameter.shape:
                    parameter.copy_(head)
                else:
                    torch.nn.init.zeros_(parameter)
        return model

    def check_values(self, values: "StateDict", source: str) -> None:
        from tlcore.models.matching import fit_state_dict

        fit_state_dict(values, self.outline(), self, source)

    def outline(self, num_classes: int | None = None, *, pretrained: bool = True) -> "nn.Module":
        import torch

        from tlcore.models.head import replace_final_layers

        with torch.device("meta"):
            network = self._made(pretrained=pretrained)
            if num_classes is not None:
                replace_final_layers(network, self, num_classes)
        return network

    def hollow(self, num_classes: int, *, pretrained: bool = True) -> "nn.Module":
        return self.outline(num_classes, pretrained=pretrained)  # all of its state is in its state_dict

    def code(self, num_classes: int, *, pretrained: bool) -> tuple[str, str]:
        if self.builder is not None:
            return (
                "from tlcore.models.zoo import ZOO  # this network is not in torchvision",
                f"ZOO[{self.name!r}].builder(num_classes={num_classes})",
            )
        arguments = {**self.arguments, **(self.pretrained_arguments if pretrained else {}), "num_classes": num_classes}
        listed = "".join(f", {name}={value!r}" for name, value in arguments.items())
        return "from torchvision.models import get_model", f"get_model({self.name!r}, weights=None{listed})"

    def _made(self, *, pretrained: bool) -> "nn.Module":
        from torchvision.models import get_model

        arguments = {**self.arguments, **(self.pretrained_arguments if pretrained else {})}
        if self.builder is not None:
            return self.builder(**arguments)
        network: nn.Module = get_model(self.name, weights=None, **arguments)
        return network
