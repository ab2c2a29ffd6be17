"""Which backbones can be used now, without a download: those whose named weights lie on this machine."""

from dataclasses import dataclass
from pathlib import Path

from tlcore.models.hub import repositories_here
from tlcore.models.zoo import TIMM, ZOO
from tlcore.words import first_of

_SHOWN = 12


@dataclass(frozen=True)
class AtHand:
    backbone: str
    """A name as in a run's configuration."""
    weights: str
    """A name of weights as in a run's configuration."""
    file: Path


def weights_at_hand() -> tuple[AtHand, ...]:
    """Every pair of backbone and named weights whose file is here: our table first, in its order, then timm's.

    Looks into the installed packages and the caches of torch.hub and of the Hugging Face hub; reads no weights, and
    loads timm only if the cache of the hub holds something.
    """
    found = [
        AtHand(name, weights, file)
        for name, architecture in ZOO.items()
        for weights in architecture.named_weights
        if (file := architecture.named_file(weights)).is_file()
    ]
    if repositories_here():
        from tlcore.models.timm_registry import published_weights

        here = set(repositories_here())
        for name, hub in published_weights().items():
            if hub.repository in here and (cached := hub.file_here()) is not None:
                found.append(AtHand(f"{TIMM}{name}", "pretrained", cached))
    return tuple(found)


def backbones_at_hand() -> tuple[str, ...]:
    """Names of the backbones with at least one of their named weights here, in the same order."""
    return tuple(dict.fromkeys(each.backbone for each in weights_at_hand()))


def at_hand_words() -> str:
    """A sentence for an error: which backbones are here."""
    names = backbones_at_hand()
    if not names:
        return "No backbone's weights are on this machine."
    return f"On this machine now: {first_of(names, _SHOWN)}."
