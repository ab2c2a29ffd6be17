"""timm's registry: which networks there are, and where the weights of each are published.

timm is imported inside the functions: it brings torch, and takes seconds.
"""

from functools import cache
from typing import TYPE_CHECKING

from tlcore.errors import UnknownBackbone
from tlcore.models.hub import HubWeights

if TYPE_CHECKING:
    from timm.models import PretrainedCfg

LARGEST_UNSTATED_PX = 384
USUAL_PX = 224
_NEAR = 8


@cache
def timm_names() -> tuple[str, ...]:
    """Every name of the registry, sorted: networks with the tag of their weights, and networks without weights."""
    import timm

    tagged = timm.list_pretrained()
    with_weights = {name.partition(".")[0] for name in tagged}
    return tuple(sorted({*tagged, *(name for name in timm.list_models() if name not in with_weights)}))


def configuration(name: str) -> "PretrainedCfg":
    """timm's configuration for `resnet50`, which means its usual weights, or for `resnet50.a1_in1k`.

    Raises UnknownBackbone, with the nearest names.
    """
    import timm

    model = name.partition(".")[0]
    try:
        found = timm.get_pretrained_cfg(name) if timm.is_model(model) else None
    except RuntimeError:  # a tag that the network does not have
        found = None
    if found is None:
        raise UnknownBackbone(f"No network of timm is named {name!r}. {_near(name)}")
    return found


@cache
def published_weights() -> dict[str, HubWeights]:
    """Name with tag -> where its weights are published, for every network of timm that has some."""
    import timm

    found = {name: weights_of(configuration(name)) for name in timm.list_pretrained()}
    return {name: hub for name, hub in found.items() if hub is not None}


def weights_of(configuration: "PretrainedCfg") -> HubWeights | None:
    """Where the weights of a configuration are published; None if it has none."""
    if configuration.hf_hub_id:
        names = (configuration.hf_hub_filename,) if configuration.hf_hub_filename else None
        return HubWeights(configuration.hf_hub_id, names) if names else HubWeights(configuration.hf_hub_id)
    return HubWeights(url=configuration.url) if isinstance(configuration.url, str) and configuration.url else None


@cache
def usual_px(name: str) -> int:
    """Side of the images for a network: the size that its weights were trained with.

    A network with position embeddings for more than `LARGEST_UNSTATED_PX`, whose name does not state that size, gets
    `USUAL_PX`: DINOv2 learned at 224 px and was only finished at 518 px, where an image costs five times as much.
    """
    found = configuration(name)
    own = int(min(found.input_size[1:]))
    stated = str(own) in name.partition(".")[0]
    return USUAL_PX if found.fixed_input_size and own > LARGEST_UNSTATED_PX and not stated else own


def _near(name: str) -> str:
    """The nearest tags if the network exists, else the nearest networks."""
    from difflib import get_close_matches

    import timm

    model = name.partition(".")[0]
    near = timm.list_pretrained(f"{model}.*")[:_NEAR] or get_close_matches(model, timm.list_models(), n=_NEAR)
    listed = f"Near it are {', '.join(near)}." if near else "Nothing is near it."
    return f"{listed} `zoo WORD` searches the {len(timm_names()):,} names."
