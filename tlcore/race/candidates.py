"""Who takes part in a race: backbones by name, those whose weights are at hand, and a short list worth a download."""

from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from tlcore.config import MixConfig, ModelConfig, PathText, RunConfig, StrategyConfig, is_weights_file
from tlcore.errors import ConfigError, ModelError, WeightsError
from tlcore.models.zoo import find_architecture
from tlcore.system.network import can_reach

GOOD = ("mobilenet_v3_large", "resnet50", "convnext_tiny", "timm:vit_small_patch14_dinov2.lvd142m")
"""Worth a download: a quick one, a usual one, an accurate one, and one that learned without labels. Their licences are
free, and all are small enough for a laptop without a GPU."""


class Candidate(BaseModel):
    """A backbone with its weights. None: its usual ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backbone: str
    weights: PathText | None = None

    @property
    def label(self) -> str:
        """`mobilenet_v2`, or `mobilenet_v2 (IMAGENET1K_V2)` for other weights than the usual ones."""
        if self.weights is None:
            return self.backbone
        named = Path(self.weights).name if is_weights_file(self.weights) else self.weights.rpartition(":")[2]
        return f"{self.backbone} ({named})"


def parse_candidates(text: str) -> tuple[Candidate, ...]:
    """`mobilenet_v2,resnet18=FILE` as candidates, without repetitions.

    Raises ConfigError for an empty list, UnknownBackbone.
    """
    found = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, weights = entry.partition("=")
        find_architecture(name.strip())
        found.append(Candidate(backbone=name.strip(), weights=weights.strip() or None))
    if not found:
        raise ConfigError("A race needs backbones: name one at least, several separated by commas.")
    return tuple(dict.fromkeys(found))


def candidates_at_hand() -> tuple[Candidate, ...]:
    """The backbones whose usual weights are on this machine: those of the zoo in its order, then those of timm."""
    from tlcore.models.at_hand import backbones_at_hand

    return tuple(candidate for name in backbones_at_hand() if is_at_hand(candidate := Candidate(backbone=name)))


def usual_candidates(reach: Callable[[str], bool] = can_reach) -> tuple[Candidate, ...]:
    """Those at hand, and those of GOOD that can be downloaded now."""
    here = candidates_at_hand()
    missing = [Candidate(backbone=name) for name in GOOD if Candidate(backbone=name) not in here]
    return here + downloadable(missing, reach)


def downloadable(candidates: Iterable[Candidate], reach: Callable[[str], bool] = can_reach) -> tuple[Candidate, ...]:
    """Those whose weights can be downloaded now. Each server is asked once."""
    answers: dict[str, bool] = {}
    found = []
    for candidate in candidates:
        address = download_address(candidate)
        if address is None:
            continue
        server = urlsplit(address).netloc
        if server not in answers:
            answers[server] = reach(address)
        if answers[server]:
            found.append(candidate)
    return tuple(found)


def is_at_hand(candidate: Candidate) -> bool:
    """Whether its weights are on this machine."""
    try:
        return download_address(candidate) is None
    except ModelError:
        return False


def download_address(candidate: Candidate) -> str | None:
    """Where its weights have to be fetched from; None if that is not needed.

    Raises UnknownBackbone, and WeightsError if there are no such weights.
    """
    architecture = find_architecture(candidate.backbone)
    weights = candidate.weights or architecture.default_weights
    if weights == "none" or is_weights_file(weights) or architecture.is_here(weights):
        return None
    return architecture.address(weights)


def check_reachable(candidate: Candidate, reach: Callable[[str], bool] = can_reach) -> None:
    """Raises WeightsError if its weights would have to be downloaded, and their server does not answer."""
    address = download_address(candidate)
    if address is not None and not reach(address):
        raise WeightsError(
            f"The weights of {candidate.label} are not on this machine, and there is no network to get them: "
            f"{address} does not answer."
        )


def candidate_config(candidate: Candidate, config: RunConfig) -> RunConfig:
    """The run that the race measures: a frozen backbone with the view of its weights, and the head of `config`."""
    return config.replace(
        model=ModelConfig(backbone=candidate.backbone, weights=candidate.weights),
        strategy=StrategyConfig(name="feature_extraction"),
        train_transform=None,
        eval_transform=None,
        mix=MixConfig(),
    )
