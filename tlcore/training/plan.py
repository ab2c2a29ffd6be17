"""The plan of a run: everything that is decided before the first batch, with the model. Nothing is trained here."""

from dataclasses import dataclass, replace
from functools import lru_cache

from torch import nn

from tlcore.config import ResolvedConfig, is_weights_file
from tlcore.data.dataset import Dataset
from tlcore.models.build import build_model
from tlcore.models.file_transform import transform_in
from tlcore.models.groups import LayerGroup, layer_groups, learning_rates, never_trained
from tlcore.models.zoo import Architecture, architecture_of
from tlcore.system.allocator import keep_freed_memory
from tlcore.system.device import DeviceChoice, choose_device
from tlcore.system.paths import given_path
from tlcore.training.inputs.feature_store import cache_limit_bytes
from tlcore.training.inputs.features import Trunk
from tlcore.training.optimisation.optimizers import check_optimizer
from tlcore.training.optimisation.schedules import Schedule


@dataclass(frozen=True)
class Plan:
    config: ResolvedConfig
    dataset: Dataset
    architecture: Architecture
    model: nn.Module
    choice: DeviceChoice
    groups: tuple[LayerGroup, ...]
    learning_rates: dict[str, float]
    """Learning rate per layer group, before the schedule."""
    frozen: tuple[str, ...]
    """Layer groups that are never trained."""
    uses_features: bool
    """Whether the frozen part runs only once per image, and the epochs train the head on its stored output."""
    notices: tuple[str, ...]
    """Sentences that the user should see before the start."""

    @property
    def parameters(self) -> int:
        """Number of parameters of the whole network."""
        return sum(group.num_parameters for group in self.groups)

    @property
    def trained_parameters(self) -> int:
        """Number of parameters in the groups that are trained at some time."""
        return sum(group.num_parameters for group in self.groups if group.name not in self.frozen)

    @property
    def batches_per_epoch(self) -> int:
        return -(-len(self.dataset.split("train")) // self.config.batch_size)

    @property
    def train_views(self) -> int:
        """Number of views of each training image whose features are stored."""
        return self.config.cached_views if self.config.train_transform.is_random else 1


def plan_run(
    config: ResolvedConfig, dataset: Dataset, model: nn.Module | None = None, device: str | None = None
) -> Plan:
    """Build the model of a configuration, and check that its settings fit together and fit the dataset.

    `model` is a trained model to use instead of the weights in the configuration; `device` is that of this process or
    machine, to use instead of the configuration's, which does not change.
    Raises ConfigError, ModelError or DeviceError.
    """
    architecture = architecture_of(config)
    choice = choose_device(device or config.device, config.precision)
    for transform in (config.train_transform, config.eval_transform):
        trains_trunk = config.strategy.name != "feature_extraction"
        architecture.check_input_px(min(transform.output_px()), trunk_trains=trains_trunk)
    rates = learning_rates(architecture, config.strategy, config.optimizer.learning_rate)
    check_optimizer(config.optimizer)
    Schedule(config.schedule, config.epochs, head_epochs=config.strategy.head_epochs)
    if model is None:
        model = build_model(architecture, config.model.weights, len(dataset.classes), config.seed)
    if not _is_outline(model):
        keep_freed_memory()
        model = choice.place(model)
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


def outline_run(config: ResolvedConfig, dataset: Dataset) -> Plan:
    """The same plan as from `plan_run`, with the same checks, but with only names and shapes of the model.

    It takes milliseconds because no weights are loaded, so it does not check that they exist. Plans of equal networks
    share the outline: nobody changes it.
    """
    outline = _outline(architecture_of(config), len(dataset.classes), config.model.weights != "none")
    return plan_run(config, dataset, outline)


@lru_cache(maxsize=32)
def _outline(architecture: Architecture, num_classes: int, pretrained: bool) -> nn.Module:
    return architecture.outline(num_classes, pretrained=pretrained)


def _is_outline(model: nn.Module) -> bool:
    return next(model.parameters()).is_meta


def _uses_features(plan: Plan) -> tuple[bool, tuple[str, ...]]:
    """Whether the head can be trained on stored features; if not although the trunk is frozen, the reason."""
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


def trunk_of(plan: Plan) -> Trunk:
    """The part of the plan's network that features come from. Puts the network into eval mode."""
    return Trunk(plan.model.eval(), plan.architecture, plan.choice)


def keeps_features(plan: Plan, views: int) -> bool:
    """Whether the whole trunk is frozen, and its features of this many views fit into half of the cache."""
    return plan.config.strategy.name == "feature_extraction" and fits_cache(plan, views)


def fits_cache(plan: Plan, views: int) -> bool:
    """Whether the features of this many views fit into half of the cache."""
    return trunk_of(plan).bytes_per_view(plan.config.eval_transform) * views <= cache_limit_bytes() / 2


def _notices(plan: Plan) -> tuple[str, ...]:
    if plan.config.strategy.name != "from_scratch" and plan.config.model.weights == "none":
        return (f"Nothing was learned before: {plan.config.strategy.name} starts from random weights.",)
    if is_weights_file(plan.config.model.weights):
        usual = plan.architecture.eval_transform()
        stated = transform_in(given_path(plan.config.model.weights))
        if stated is not None:
            same = plan.config.eval_transform == stated
            return (
                "Images are prepared as the file of the weights says."
                if same
                else "The file of the weights says how images are prepared, and eval_transform says otherwise: that is "
                "used.",
            )
        if plan.config.eval_transform == usual:
            steps = ", ".join(f"{step.op} {getattr(step, 'size', '')}".rstrip() for step in usual.operations)
            return (
                f"How images were prepared for the weights in the file is not known. They get the usual view of "
                f"{plan.architecture.name}: {steps}. Set eval_transform if the weights need another one.",
            )
    return ()
