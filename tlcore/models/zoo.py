"""Find an architecture by name: an entry of the table `ZOO`, or `timm:NAME` for any network of timm.

A new entry is a new row in `ZOO`. Group names of a `TableEntry` are our own; paths and weights names are torchvision's.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from tlcore.config import ResolvedConfig, RunConfig, is_weights_file
from tlcore.errors import TlcoreError, UnknownBackbone, suggestion
from tlcore.models.architecture import HEAD, Architecture
from tlcore.models.licence import Licence
from tlcore.models.packaged import EFFICIENTNET_LITE0
from tlcore.models.table import TableEntry
from tlcore.models.timm_network import TimmNetwork
from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "HEAD",
    "TIMM",
    "ZOO",
    "Architecture",
    "architecture_of",
    "find_architecture",
    "starting_licence",
    "why_gone",
]

TIMM = "timm:"
"""What the names of timm's networks begin with."""
_GONE = "small_resnet"
"""A backbone of earlier versions. Runs that were trained with it still open."""


def find_architecture(name: str) -> Architecture:
    """The entry with this name, or timm's network for `timm:NAME`. Raises UnknownBackbone.

    Of a name of timm only this is checked, and only once; whether the network can be trained shows when its layer
    groups are asked for.
    """
    if name.startswith(TIMM):
        return _network_of_timm(name)
    if reason := why_gone(name):
        raise UnknownBackbone(reason)
    try:
        return ZOO[name]
    except KeyError:
        raise UnknownBackbone(
            f"No backbone named {name!r}. {suggestion(name, ZOO)} Or any network of timm, as `{TIMM}NAME`."
        ) from None


def architecture_of(config: RunConfig) -> Architecture:
    """The architecture of a run, for the size of its images. Raises UnknownBackbone, and ConfigError for the size."""
    architecture = find_architecture(config.model.backbone)
    return architecture if config.eval_transform is None else architecture.at_px(min(config.eval_transform.output_px()))


@cache
def _network_of_timm(name: str) -> TimmNetwork:
    from tlcore.models.timm_registry import configuration

    timm_name = name.removeprefix(TIMM)
    configuration(timm_name)
    return TimmNetwork(name, timm_name)


def starting_licence(config: ResolvedConfig) -> Licence | None:
    """Of the weights that a run's training began with. None: random values, or weights whose licence is not known."""
    weights = config.model.weights
    if weights == "none" or is_weights_file(weights):
        return None
    try:
        return architecture_of(config).licence(weights)
    except TlcoreError:  # a backbone or weights that this version does not know any more, or that are not here
        return None


def why_gone(name: str) -> str:
    """Why a backbone of earlier versions cannot be built any more, and what to do, in a sentence; empty for others."""
    if name != _GONE:
        return ""
    return (
        f"The backbone {_GONE}, which had learned from drawings, is gone: curves and stored results of its runs "
        "remain; to go on, make a new run with efficientnet_lite0."
    )


def _span(module: str, first: int, last: int) -> tuple[str, ...]:
    """Paths of the children `first` to `last`, both included, of an nn.Sequential."""
    return tuple(f"{module}.{index}" for index in range(first, last + 1))


def _small_cnn(**arguments: Any) -> "nn.Module":
    from tlcore.models.small_cnn import SmallCNN

    return SmallCNN(**arguments)


def _cifar_cnn(**arguments: Any) -> "nn.Module":
    from tlcore.models.cifar_cnn import CifarCNN

    return CifarCNN(**arguments)


_RESNET = {
    "stem": ("conv1", "bn1"),
    "layer1": ("layer1",),
    "layer2": ("layer2",),
    "layer3": ("layer3",),
    "layer4": ("layer4",),
    HEAD: ("fc",),
}

_DENSENET = {
    "stem": ("features.conv0", "features.norm0"),
    "block1": ("features.denseblock1", "features.transition1"),
    "block2": ("features.denseblock2", "features.transition2"),
    "block3": ("features.denseblock3", "features.transition3"),
    "block4": ("features.denseblock4", "features.norm5"),
    HEAD: ("classifier",),
}
# Published when module names could contain a dot: denselayer1.norm.1 is norm1 today
_DENSENET_KEYS = ((r"(\.denselayer\d+\.(?:norm|relu|conv))\.([12])\.", r"\1\2."),)

_ENTRIES: tuple[Architecture, ...] = (
    TimmNetwork(
        "efficientnet_lite0",
        "tf_efficientnet_lite0",
        packaged=EFFICIENTNET_LITE0,
        # timm's configuration of the network
        transform=TransformSpec(
            decode="reduced",
            operations=(Resize(size=256, interpolation="bicubic"), CenterCrop(size=224)),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
        ),
    ),
    TableEntry("resnet18", head="fc", groups=_RESNET),
    TableEntry("resnet34", head="fc", groups=_RESNET),
    TableEntry("resnet50", head="fc", groups=_RESNET, other_weights=("IMAGENET1K_V2",)),
    TableEntry("resnext50_32x4d", head="fc", groups=_RESNET, other_weights=("IMAGENET1K_V2",)),
    TableEntry("wide_resnet50_2", head="fc", groups=_RESNET, other_weights=("IMAGENET1K_V2",)),
    TableEntry(
        "alexnet",
        head="classifier.6",
        groups={
            "conv1": _span("features", 0, 2),
            "conv2": _span("features", 3, 5),
            "conv3": _span("features", 6, 7),
            "conv4": _span("features", 8, 9),
            "conv5": _span("features", 10, 12),
            "classifier": _span("classifier", 0, 5),
            HEAD: ("classifier.6",),
        },
        min_px=63,
    ),
    TableEntry(
        "vgg16",
        head="classifier.6",
        groups={
            "block1": _span("features", 0, 4),
            "block2": _span("features", 5, 9),
            "block3": _span("features", 10, 16),
            "block4": _span("features", 17, 23),
            "block5": _span("features", 24, 30),
            "classifier": _span("classifier", 0, 4),
            HEAD: _span("classifier", 5, 6),
        },
        min_px=32,
    ),
    TableEntry(
        "vgg19",
        head="classifier.6",
        groups={
            "block1": _span("features", 0, 4),
            "block2": _span("features", 5, 9),
            "block3": _span("features", 10, 18),
            "block4": _span("features", 19, 27),
            "block5": _span("features", 28, 36),
            "classifier": _span("classifier", 0, 4),
            HEAD: _span("classifier", 5, 6),
        },
        min_px=32,
    ),
    TableEntry(
        "squeezenet1_0",
        head="classifier.1",
        groups={
            "stem": _span("features", 0, 2),
            "fire2_4": _span("features", 3, 6),
            "fire5_8": _span("features", 7, 11),
            "fire9": _span("features", 12, 12),
            HEAD: _span("classifier", 0, 3),
        },
        min_px=21,
    ),
    TableEntry(
        "squeezenet1_1",
        head="classifier.1",
        groups={
            "stem": _span("features", 0, 2),
            "fire2_3": _span("features", 3, 5),
            "fire4_5": _span("features", 6, 8),
            "fire6_9": _span("features", 9, 12),
            HEAD: _span("classifier", 0, 3),
        },
        min_px=17,
    ),
    TableEntry("densenet121", head="classifier", groups=_DENSENET, min_px=29, renamed_keys=_DENSENET_KEYS),
    TableEntry("densenet161", head="classifier", groups=_DENSENET, min_px=29, renamed_keys=_DENSENET_KEYS),
    TableEntry(
        "inception_v3",
        head="fc",
        groups={
            "stem": ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"),
            "mixed5": ("Mixed_5b", "Mixed_5c", "Mixed_5d"),
            "mixed6": ("Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
            "mixed7": ("Mixed_7a", "Mixed_7b", "Mixed_7c"),
            HEAD: ("dropout", "fc"),
        },
        min_px=75,
        aux=("AuxLogits.fc",),
        aux_weight=0.4,
        aux_min_px=299,
        arguments={"init_weights": True},
        # The weights come from TensorFlow, which scales inputs to [-1, 1]; the network undoes our normalisation
        pretrained_arguments={"init_weights": False, "transform_input": True},
    ),
    TableEntry(
        "googlenet",
        head="fc",
        groups={
            "stem": ("conv1", "conv2", "conv3"),
            "inception3": ("inception3a", "inception3b"),
            "inception4": ("inception4a", "inception4b", "inception4c", "inception4d", "inception4e"),
            "inception5": ("inception5a", "inception5b"),
            HEAD: ("dropout", "fc"),
        },
        min_px=15,
        aux=("aux1.fc2", "aux2.fc2"),
        aux_weight=0.3,
        arguments={"init_weights": True},
        pretrained_arguments={"init_weights": False, "transform_input": True},  # as for inception_v3
    ),
    TableEntry(
        "shufflenet_v2_x1_0",
        head="fc",
        groups={
            "stem": ("conv1",),
            "stage2": ("stage2",),
            "stage3": ("stage3",),
            "stage4": ("stage4",),
            "conv5": ("conv5",),
            HEAD: ("fc",),
        },
    ),
    TableEntry(
        "mobilenet_v2",
        head="classifier.1",
        groups={
            "stem": _span("features", 0, 1),
            "stage1": _span("features", 2, 3),
            "stage2": _span("features", 4, 6),
            "stage3": _span("features", 7, 13),
            "stage4": _span("features", 14, 17),
            "last_conv": _span("features", 18, 18),
            HEAD: _span("classifier", 0, 1),
        },
        other_weights=("IMAGENET1K_V2",),
    ),
    TableEntry(
        "mobilenet_v3_large",
        head="classifier.3",
        groups={
            "stem": _span("features", 0, 1),
            "stage1": _span("features", 2, 3),
            "stage2": _span("features", 4, 6),
            "stage3": _span("features", 7, 12),
            "stage4": _span("features", 13, 15),
            "last_conv": _span("features", 16, 16),
            "classifier": _span("classifier", 0, 1),
            HEAD: _span("classifier", 2, 3),
        },
        other_weights=("IMAGENET1K_V2",),
    ),
    TableEntry(
        "mobilenet_v3_small",
        head="classifier.3",
        groups={
            "stem": _span("features", 0, 0),
            "stage1": _span("features", 1, 1),
            "stage2": _span("features", 2, 3),
            "stage3": _span("features", 4, 8),
            "stage4": _span("features", 9, 11),
            "last_conv": _span("features", 12, 12),
            "classifier": _span("classifier", 0, 1),
            HEAD: _span("classifier", 2, 3),
        },
    ),
    TableEntry(
        "mnasnet1_0",
        head="classifier.1",
        groups={
            "stem": _span("layers", 0, 7),
            "stage1": _span("layers", 8, 8),
            "stage2": _span("layers", 9, 9),
            "stage3": _span("layers", 10, 11),
            "stage4": _span("layers", 12, 13),
            "last_conv": _span("layers", 14, 16),
            HEAD: _span("classifier", 0, 1),
        },
    ),
    TableEntry(
        "efficientnet_b0",
        head="classifier.1",
        groups={
            "stem": _span("features", 0, 1),
            "stage1": _span("features", 2, 2),
            "stage2": _span("features", 3, 3),
            "stage3": _span("features", 4, 5),
            "stage4": _span("features", 6, 7),
            "last_conv": _span("features", 8, 8),
            HEAD: _span("classifier", 0, 1),
        },
    ),
    TableEntry(
        "convnext_tiny",
        head="classifier.2",
        groups={
            "stem": _span("features", 0, 0),
            "stage1": _span("features", 1, 1),
            "stage2": _span("features", 2, 3),
            "stage3": _span("features", 4, 5),
            "stage4": (*_span("features", 6, 7), "classifier.0"),
            HEAD: ("classifier.2",),
        },
        min_px=32,
    ),
    TableEntry(
        "vit_b_16",
        head="heads.head",
        groups={
            "stem": ("class_token", "conv_proj", "encoder.pos_embedding", "encoder.dropout"),
            "layers1_3": tuple(f"encoder.layers.encoder_layer_{layer}" for layer in range(0, 3)),
            "layers4_6": tuple(f"encoder.layers.encoder_layer_{layer}" for layer in range(3, 6)),
            "layers7_9": tuple(f"encoder.layers.encoder_layer_{layer}" for layer in range(6, 9)),
            "layers10_12": (*(f"encoder.layers.encoder_layer_{layer}" for layer in range(9, 12)), "encoder.ln"),
            HEAD: ("heads.head",),
        },
        min_px=224,
        max_px=224,
        other_weights=("IMAGENET1K_SWAG_LINEAR_V1",),
        # Published when the two layers of the MLP had their own names
        renamed_keys=((r"\.mlp\.linear_1\.", ".mlp.0."), (r"\.mlp\.linear_2\.", ".mlp.3.")),
    ),
    TableEntry(
        "swin_t",
        head="head",
        groups={
            "stem": _span("features", 0, 0),
            "stage1": _span("features", 1, 1),
            "stage2": _span("features", 2, 3),
            "stage3": _span("features", 4, 5),
            "stage4": (*_span("features", 6, 7), "norm"),
            HEAD: ("head",),
        },
        min_px=4,
    ),
    TableEntry(
        "small_cnn",
        head="classifier.1",
        groups={
            "block1": ("features.block1",),
            "block2": ("features.block2",),
            "block3": ("features.block3",),
            HEAD: _span("classifier", 0, 1),
        },
        min_px=8,
        weights=None,
        builder=_small_cnn,
        transform=TransformSpec(
            decode="reduced",
            operations=(Resize(size=32), CenterCrop(size=32)),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
        ),
    ),
    TableEntry(
        "cifar_cnn",
        head="classifier.3",
        groups={
            "conv1": ("features.conv1",),
            "classifier": _span("classifier", 0, 2),
            HEAD: ("classifier.3",),
        },
        min_px=32,
        max_px=32,
        weights=None,
        builder=_cifar_cnn,
        transform=TransformSpec(
            decode="reduced",
            operations=(Resize(size=32), CenterCrop(size=32)),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
        ),
    ),
)

ZOO: dict[str, Architecture] = {entry.name: entry for entry in _ENTRIES}
