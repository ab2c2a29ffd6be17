"""Defaults for settings that a configuration leaves open, by strategy."""

from tlcore.config import Strategy
from tlcore.training.optimisation.optimizers import find_optimizer

# of the head, for Adam; other optimisers multiply it by their scale
LEARNING_RATES: dict[Strategy, float] = {"feature_extraction": 1e-3, "fine_tuning": 1e-4, "from_scratch": 1e-3}
TRAIN_AUGMENTATION: dict[Strategy, str | None] = {
    "feature_extraction": None,  # None: the evaluation transform; benchmarks/frozen_views.py compares
    "fine_tuning": "gentle",
    "from_scratch": "standard",
}


def default_learning_rate(strategy: Strategy, optimizer: str) -> float:
    """Default learning rate of the head. Raises ConfigError for an unknown optimiser."""
    return LEARNING_RATES[strategy] * find_optimizer(optimizer).step_scale
