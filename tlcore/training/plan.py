"""Everything that is decided before the first batch: no setting is left open, nothing is trained yet."""

from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from tlcore.config import RunConfig
from tlcore.data.catalog import is_named
from tlcore.data.dataset import Dataset
from tlcore.models.build import build_model, outline_model
from tlcore.models.groups import LayerGroup, layer_groups, learning_rates, never_trained
from tlcore.models.zoo import Architecture, eval_transform, find_architecture
from tlcore.system.allocator import keep_freed_memory
from tlcore.system.device import DeviceChoice, choose_device
from tlcore.training.defaults import TRAIN_AUGMENTATION, default_learning_rate
from tlcore.training.inputs.features import Trunk, cache_limit_bytes
from tlcore.training.optimisation.optimizers import check_optimizer
from tlcore.training.optimisation.schedules import Schedule
from tlcore.transforms.spec import AUGMENTATIONS, CenterCrop, TransformSpec


@dataclass(frozen=True)
class Plan:
    config: RunConfig
    """Without a None that stands for a choice."""
    dataset: Dataset
    architecture: Architecture
    model: nn.Module
    choice: DeviceChoice
    groups: tuple[LayerGroup, ...]
    learning_rates: dict[str, float]
    """Per layer group, before the schedule."""
    frozen: tuple[str, ...]
    """Layer groups that are never trained."""
    uses_features: bool
    """Whether the frozen part is run once per image, and the epochs train the head on what it gave."""
    notices: tuple[str, ...]
    """Sentences that the user should see before the start."""

    @property
    def train_views(self) -> int:
        """Different views of each training image that the features are kept of."""
        spec = self.config.train_transform
        return self.config.cached_views if spec is not None and spec.is_random else 1


def plan_run(config: RunConfig, dataset: Dataset, model: nn.Module | None = None, device: str | None = None) -> Plan:
    """Fill in what the configuration leaves open, build the model, and check that the parts fit together.

    `model` is one that was trained before, in place of the weights that the configuration names; `device` is the one
    of this process or machine, in place of the configuration's, which stays as it is.
    Raises ConfigError, ModelError or DeviceError.
    """
    architecture = find_architecture(config.model.backbone)
    config = fill_in(config, architecture)
    choice = choose_device(device or config.device, config.precision)
    for transform in (config.train_transform, config.eval_transform):
        assert transform is not None
        trains_trunk = config.strategy.name != "feature_extraction"
        architecture.check_input_px(min(transform.output_px()), trunk_trains=trains_trunk)
    rates = learning_rates(architecture, config.strategy, config.optimizer.learning_rate or 0.0)
    check_optimizer(config.optimizer)
    Schedule(config.schedule, config.epochs)
    if model is None:
        model = build_model(architecture.name, config.model.weights or "none", len(dataset.classes), config.seed)
    if not _is_outline(model):
        keep_freed_memory()
        model = model.to(choice.device).to(memory_format=choice.memory_format)
    plan = Plan(
        config=config,
        dataset=dataset,
        architecture=architecture,
        model=model,
        choice=choice,
        groups=tuple(layer_groups(model, architecture)),
        learning_rates=rates,
        frozen=never_trained(architecture, config.strategy),
        uses_features=False,
        notices=(),
    )
    uses_features, reason = _uses_features(plan)
    return replace(plan, uses_features=uses_features, notices=(*dataset.notes, *reason, *_notices(plan)))


def outline_run(config: RunConfig, dataset: Dataset) -> Plan:
    """What `plan_run` plans, checked as there, but with names and shapes in place of the model's values.

    Takes milliseconds, because no weights are looked for, so it cannot say whether there are any.
    """
    architecture = find_architecture(config.model.backbone)
    weights = fill_in(config, architecture).model.weights or "none"
    return plan_run(config, dataset, outline_model(architecture.name, weights, len(dataset.classes)))


def fill_in(config: RunConfig, architecture: Architecture) -> RunConfig:
    """The same configuration with every None that stands for a choice replaced by the choice.

    Paths become absolute, so that a run can be continued from another folder.
    """
    strategy = config.strategy.name
    weights = config.model.weights or ("none" if strategy == "from_scratch" else architecture.default_weights)
    evaluation = config.eval_transform or eval_transform(architecture, weights)
    optimizer = config.optimizer
    if optimizer.learning_rate is None:
        rate = default_learning_rate(strategy, optimizer.name, architecture)
        optimizer = optimizer.model_copy(update={"learning_rate": rate})
    return config.model_copy(
        update={
            "data": config.data.model_copy(
                update={
                    "source": config.data.source if is_named(config.data.source) else _absolute(config.data.source),
                    "images": _absolute(config.data.images),
                }
            ),
            "model": config.model.model_copy(update={"weights": _absolute(weights)}),
            "eval_transform": evaluation,
            "train_transform": config.train_transform or augmented(evaluation, TRAIN_AUGMENTATION[strategy]),
            "optimizer": optimizer,
        }
    )


def augmented(evaluation: TransformSpec, name: str | None) -> TransformSpec:
    """A training transform by name, for images of the size that `evaluation` crops to."""
    if name is None:
        return evaluation
    sizes = [operation.size for operation in evaluation.operations if isinstance(operation, CenterCrop)]
    size = sizes[-1] if sizes and isinstance(sizes[-1], int) else 224
    operations = AUGMENTATIONS[name](size, "bilinear")
    return evaluation.model_copy(update={"operations": operations})


def _is_outline(model: nn.Module) -> bool:
    return next(model.parameters()).is_meta


def _absolute(source: str | None) -> str | None:
    """A path that exists, made absolute; a name is left as it is."""
    if source is None or not Path(source).expanduser().exists():
        return source
    return str(Path(source).expanduser().resolve())


def _uses_features(plan: Plan) -> tuple[bool, tuple[str, ...]]:
    """Whether the head can be trained on kept features, and if not although the trunk is frozen, why not."""
    config = plan.config
    if config.strategy.name != "feature_extraction":
        return False, ()
    if config.mix.name != "none":
        return False, (f"{config.mix.name} blends pixels anew in each epoch, so no features are kept: slower.",)
    if plan.train_views == 0:
        return False, ("Fresh augmentation in every epoch: the whole network runs for every image, every time.",)
    images = len(plan.dataset.split("train")) * plan.train_views + len(plan.dataset.split("val"))
    if not keeps_features(plan, images):
        return False, (
            f"The features would take more than half of the cache's {cache_limit_bytes() / 1e9:.1f} GB "
            "(TLCORE_CACHE_GB): they are computed anew in each epoch.",
        )
    return True, ()


def keeps_features(plan: Plan, views: int) -> bool:
    """Whether the trunk is frozen as a whole, and its features of so many views fit into half of the cache."""
    assert plan.config.eval_transform is not None
    if plan.config.strategy.name != "feature_extraction":
        return False
    trunk = Trunk(plan.model.eval(), plan.architecture, plan.choice)
    return trunk.bytes_per_view(plan.config.eval_transform) * views <= cache_limit_bytes() / 2


def _notices(plan: Plan) -> tuple[str, ...]:
    if plan.config.strategy.name != "from_scratch" and plan.config.model.weights == "none":
        return (f"Nothing was learned before: {plan.config.strategy.name} starts from random weights.",)
    return ()
