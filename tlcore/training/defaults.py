"""Defaults for settings that a configuration leaves open, by strategy. docs/benchmarks.md has the measurements."""

from tlcore.config import RunConfig, ScheduleConfig, Strategy, StrategyConfig
from tlcore.models.architecture import Architecture
from tlcore.training.optimisation.optimizers import find_optimizer

STEM_SHARE = 0.1  # learning rate of the stem in fine-tuning, as a share of the head's
HEAD_EPOCHS = 10  # most epochs of the head alone before fine-tuning
TRAIN_AUGMENTATION: dict[Strategy, str | None] = {
    "feature_extraction": None,  # None: the evaluation transform; benchmarks/frozen_views.py compares
    "fine_tuning": "gentle",
    "from_scratch": "standard",
}


def starts_pretrained(strategy: Strategy, weights: str | None) -> bool:
    """Whether layers that have learned before are trained further. `weights` of None are pretrained ones."""
    return strategy == "fine_tuning" and weights != "none"


def default_learning_rate(strategy: Strategy, optimizer: str) -> float:
    """Default learning rate of the head. Raises ConfigError for an unknown optimiser."""
    return find_optimizer(optimizer).learning_rates[strategy]


def chosen_strategy(config: RunConfig, architecture: Architecture) -> StrategyConfig:
    """The strategy of a configuration, with a default for what it leaves open. Raises ConfigError for an unknown
    optimiser."""
    asked = config.strategy
    pretrained = starts_pretrained(asked.name, config.model.weights)
    head_epochs = default_head_epochs(config.epochs) if pretrained and asked.unfreeze_every is None else 0
    usual = {
        "learning_rate_decay": default_decay(architecture) if pretrained else 1.0,
        "head_epochs": head_epochs,
        "head_learning_rate": default_learning_rate("feature_extraction", config.optimizer.name),
        "batch_norm": "keep" if pretrained else "update",
    }
    return asked.model_copy(update={name: value for name, value in usual.items() if getattr(asked, name) is None})


def default_decay(architecture: Architecture) -> float:
    """Factor from group to group that gives the stem `STEM_SHARE` of the head's learning rate, however many groups
    there are."""
    return round(float(STEM_SHARE ** (1 / max(1, len(architecture.groups) - 1))), 2)


def default_head_epochs(epochs: int) -> int:
    """Half of all epochs, at most `HEAD_EPOCHS`: they take next to no time, and the others begin with a good head."""
    return min(HEAD_EPOCHS, epochs // 2)


def default_schedule(strategy: Strategy, weights: str | None) -> str:
    return "one_cycle" if starts_pretrained(strategy, weights) else "constant"


def chosen_schedule(config: RunConfig) -> ScheduleConfig:
    """The schedule of a configuration, with a default for an open name."""
    asked = config.schedule
    usual = default_schedule(config.strategy.name, config.model.weights)
    return asked if asked.name else asked.model_copy(update={"name": usual})
