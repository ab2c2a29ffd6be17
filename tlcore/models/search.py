"""Search backbones by words in their names: those of our table, then those of timm."""

from tlcore.models.timm_registry import timm_names
from tlcore.models.zoo import TIMM, ZOO


def found_names(text: str) -> tuple[str, ...]:
    """Names that hold every word of the text, as a run's configuration names them; words are parted by blanks.

    The entries of the table are first, then networks of timm, the shortest names first. Loads timm.
    """
    words = text.lower().replace(",", " ").replace(TIMM, " ").split()

    def matches(name: str) -> bool:
        return all(word in name.lower() for word in words)

    ours = [name for name in ZOO if matches(name)]
    others = sorted((name for name in timm_names() if matches(name)), key=lambda name: (len(name), name))
    return (*ours, *(f"{TIMM}{name}" for name in others))
