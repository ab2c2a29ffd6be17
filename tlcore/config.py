"""The one description of a run: `RunConfig` is what was requested, `ResolvedConfig` the same with every choice made.

Both are immutable, validated when made, and JSON both ways. A name here (a backbone, an optimiser, a schedule) is
looked up in its table by the module that owns the table. In a RunConfig `None` can mean "choose for me":
`training.resolve` makes these choices once, and all later steps take a ResolvedConfig.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from tlcore.errors import ConfigError, suggestion
from tlcore.system.name_patterns import MAX_CHARACTERS, NamePattern
from tlcore.system.paths import check_path_text
from tlcore.system.records import read_json, shown
from tlcore.transforms.spec import Positive, TransformSpec

Name = Annotated[str, Field(pattern=r"^[\w.-]{1,60}$")]
"""Name of an entry in a table. Names from users and files are validated here, because pages show them."""
BackboneName = Annotated[str, Field(pattern=r"^(timm:)?[\w.-]{1,80}$")]
"""Name of a backbone: an entry of the zoo, or `timm:NAME`."""
PathText = Annotated[str, AfterValidator(check_path_text)]
"""A path, or a name in place of a path."""
NO_GROUPS, SIMILAR, COLUMN = "none", "similar", "column"
COLUMN_NAMED = f"{COLUMN}:"


def _check_groups(groups: str) -> str:
    """Raises ValueError unless it is one of the ways to say which images belong together."""
    if groups in (NO_GROUPS, SIMILAR, COLUMN):
        return groups
    if groups.startswith(COLUMN_NAMED):
        name = groups.removeprefix(COLUMN_NAMED)
        if not name.strip() or len(name) > MAX_CHARACTERS or not name.isprintable():
            raise ValueError(f"after {COLUMN_NAMED} comes the name of a column")
        return groups
    if "{" not in groups:
        raise ValueError(
            f"it is one of {NO_GROUPS}, {SIMILAR}, {COLUMN} and {COLUMN_NAMED}NAME, or a pattern of file names with "
            f"{{group}} in it, not {groups[:60]!r}"
        )
    NamePattern.parse(groups)
    return groups


Groups = Annotated[str, AfterValidator(_check_groups)]
"""Which images belong together."""
EditCount = Annotated[int, Field(ge=0, le=1_000_000)]
"""A number of edits, counted from the first."""
Fraction = Annotated[float, Field(ge=0, lt=1)]
MAX_BYTES = 1 << 20  # largest configuration file; class weights for 10,000 classes take a third of it
Strategy = Literal["feature_extraction", "fine_tuning", "from_scratch"]


class _Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataConfig(_Config):
    source: PathText = Field("demo", min_length=1)
    """A folder of class folders, a CSV or TSV file, the name of a torchvision dataset, or `demo`."""
    images: PathText | None = None
    """For a table: the folder that the table's paths are relative to. None: the table's own folder."""
    val_fraction: Annotated[float, Field(gt=0, lt=0.5)] = 0.15
    """Fraction of each class that goes to `val` if the data has no `val` split."""
    test_fraction: Annotated[float, Field(gt=0, lt=0.5)] = 0.15
    """The same for `test`."""
    split_seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Seed of the splits that are made because the data has none."""
    groups: Groups = NO_GROUPS
    """Which images such splits keep together: `none`; `similar`, those that are nearly the same, which takes a look at
    every image; `column`, those with the same value in a table's column for it, found by its name, or `column:NAME`;
    or a pattern of file names, as in `system.name_patterns`: `{group}_*.jpg`."""
    edits: EditCount | None = None
    """How many of the dataset's edits to apply, counted from the first. None: all there are; 0: none."""


class ModelConfig(_Config):
    backbone: BackboneName = "efficientnet_lite0"
    """A name in the zoo, or `timm:NAME` for a network of timm, such as `timm:resnet50.a1_in1k`."""
    weights: PathText | None = None
    """`imagenet`, `imagenet:NAME` for one of several that torchvision offers, `pretrained` for a network of timm, a
    file, or `none`. None: the backbone's usual ones, or `none` for `from_scratch`."""


def is_weights_file(weights: str) -> bool:
    """Whether these weights, as ModelConfig has them, are a file: no name that stands for other weights."""
    return weights not in ("none", "pretrained") and weights.partition(":")[0] != "imagenet"


class StrategyConfig(_Config):
    name: Strategy = "feature_extraction"
    """`feature_extraction` trains only the head; `fine_tuning` and `from_scratch` train all that is not frozen."""
    freeze_up_to: Name | None = None
    """The last layer group, counted from the stem, that stays frozen in fine-tuning. None: no group is frozen."""
    learning_rates: dict[Name, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    """Learning rate of single layer groups, or of the parts that every backbone has: `features`, `classifier` (hidden
    layers between them and the head, in some backbones) and `head`. A group takes precedence over its part, and both
    over the decay."""
    learning_rate_decay: Annotated[float, Field(gt=0, le=1)] | None = None
    """Each group's learning rate is this factor times that of the next group towards the head. 1: all equal.
    None: a default for the strategy and the number of groups; in fine-tuning the rates fall towards the stem."""
    head_epochs: Annotated[int, Field(ge=0)] | None = None
    """Fine-tuning: epochs at the start that train the head alone, on features that are computed once, in the evaluation
    view. They are some of the `epochs`, and the schedule begins after them. None: a default; 0: none."""
    head_learning_rate: Annotated[float, Field(gt=0)] | None = None
    """Learning rate of the head in `head_epochs`. None: what feature_extraction has by default."""
    batch_norm: Literal["keep", "update"] | None = None
    """BatchNorm in groups that are trained: `keep` the statistics of the weights, so that small batches do no harm, or
    use each batch's and `update` them. None: `keep` in fine-tuning of pretrained weights, else `update`."""
    unfreeze_every: Annotated[int, Field(ge=1)] | None = None
    """Epochs after which the next group, from the head down, is unfrozen, counted from the end of `head_epochs`.
    None: all are trained from then on."""

    @model_validator(mode="after")
    def _fits_the_strategy(self) -> "StrategyConfig":
        named = [name for name in ("freeze_up_to", "unfreeze_every", "head_epochs") if getattr(self, name)]
        if self.name == "feature_extraction" and named:
            raise ValueError(f"feature_extraction trains the head alone: {_listed(named)} for fine_tuning")
        if self.name == "from_scratch" and named:
            raise ValueError(f"from_scratch has nothing learned to freeze: {_listed(named)} for fine_tuning")
        return self


def _listed(names: list[str]) -> str:
    return f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'}"


class MixConfig(_Config):
    name: Literal["none", "mixup", "cutmix", "mixup_or_cutmix"] = "none"
    """Blend pairs of images and their labels: MixUp (Zhang et al. 2018), CutMix (Yun et al. 2019), or either."""
    alpha: Positive = 0.2
    """Parameter of the Beta distribution that the share of each image is drawn from."""


class OptimizerConfig(_Config):
    name: Name = "adam"
    learning_rate: Annotated[float, Field(gt=0)] | None = None
    """Learning rate of the head. None: a default that suits the strategy."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    momentum: Fraction = 0.9
    """For the optimisers with momentum: SGD and RMSprop."""
    nesterov: bool = False
    """For the optimiser with Nesterov momentum: SGD."""

    @model_validator(mode="after")
    def _nesterov_has_momentum(self) -> "OptimizerConfig":
        if self.nesterov and self.momentum == 0:
            raise ValueError("nesterov needs a momentum above 0")
        return self


class ScheduleConfig(_Config):
    name: Name | None = None
    """None: `one_cycle` in fine-tuning of pretrained weights, which begins with a warm-up, else `constant`."""
    warmup_epochs: Annotated[float, Field(ge=0)] = 0.0
    """Epochs (may be a fraction) over which the learning rate rises linearly. 0: no warm-up."""
    step_epochs: Annotated[int, Field(ge=1)] = 7
    """For `step`: epochs between two reductions of the learning rate."""
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    """For `step` and `plateau`: what each reduction multiplies the learning rate by."""
    patience: Annotated[int, Field(ge=0)] = 3
    """For `plateau`: epochs without a lower validation loss before a reduction."""


class LossConfig(_Config):
    label_smoothing: Fraction = 0.0
    class_weights: Literal["none", "balanced"] | dict[str, Annotated[float, Field(ge=0)]] = "none"
    """`balanced` weights each class by the inverse of its frequency. Or a weight per class name; others get 1."""


class RunConfig(_Config):
    """What is requested of a run: the data, the model, and how it learns. What is left open is chosen automatically.

    `parse_config` makes one from plain data and reports every mistake; `replace` makes a changed copy.
    """

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    strategy: StrategyConfig = StrategyConfig()
    train_transform: TransformSpec | None = None
    """None: the evaluation transform for `feature_extraction`, else random crops and flips."""
    eval_transform: TransformSpec | None = None
    """None: the transform that belongs to the weights."""
    mix: MixConfig = MixConfig()
    cached_views: Annotated[int, Field(ge=0, le=256)] = 4
    """For a frozen backbone with a random training transform: the number of augmented views per image whose features
    are stored. The epochs use them in turn. 0: new augmentation in every epoch."""
    optimizer: OptimizerConfig = OptimizerConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    loss: LossConfig = LossConfig()
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 13
    batch_size: Annotated[int, Field(ge=1, le=65_536)] = 32
    """Images per optimiser step, over all processes."""
    gradient_clip: Positive | None = None
    """Largest norm of the gradient over all parameters. None: no clipping."""
    ema_decay: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Decay per step of an exponential moving average of the weights; the average is then evaluated. None: off."""
    early_stopping: Annotated[int, Field(ge=1)] | None = None
    """Early stopping: epochs without a better validation accuracy after which the run ends. None: off."""
    keep_optimizer_state: Literal["last_and_best", "all"] = "last_and_best"
    """Which checkpoints keep the optimiser's state, so that training can continue from them."""
    report_every: Annotated[int, Field(ge=1)] | None = None
    """The mean training loss is reported every so many batches. None: only once per epoch."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    device: str = "auto"
    """`auto`, `cuda`, `cuda:1`, `mps` or `cpu`."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    workers: Annotated[int, Field(ge=0, le=256)] | None = None
    """Number of processes that decode images. None: chosen for the machine; 0: none."""

    @model_validator(mode="after")
    def _parts_agree(self) -> "RunConfig":
        if self.strategy.name == "from_scratch" and self.model.weights not in (None, "none"):
            raise ValueError("from_scratch starts from random weights: drop the weights, or choose fine_tuning")
        if self.eval_transform is not None and self.eval_transform.is_random:
            raise ValueError("eval_transform contains a random operation; evaluation must be repeatable")
        return self

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed, validated again."""
        return type(self).model_validate({**self.model_dump(), **changes})


class ResolvedDataConfig(DataConfig):
    """Its default is what records from before edits meant."""

    edits: EditCount = 0


class ResolvedModelConfig(ModelConfig):
    weights: PathText


class ResolvedStrategyConfig(StrategyConfig):
    """Its defaults are what records from before these settings meant."""

    learning_rate_decay: Annotated[float, Field(gt=0, le=1)]
    head_epochs: Annotated[int, Field(ge=0)] = 0
    head_learning_rate: Annotated[float, Field(gt=0)] = 1e-3  # without head epochs it has no effect
    batch_norm: Literal["keep", "update"] = "update"


class ResolvedOptimizerConfig(OptimizerConfig):
    learning_rate: Annotated[float, Field(gt=0)]


class ResolvedScheduleConfig(ScheduleConfig):
    name: Name


class ResolvedConfig(RunConfig):
    """A RunConfig in which nothing is left to choose. A plan is made from it, and a run folder stores it.

    A remaining None means "off", as for `gradient_clip`. `device`, `precision` and `workers` may still depend on the
    machine, because a run can be continued and evaluated on another one.
    """

    data: ResolvedDataConfig
    model: ResolvedModelConfig
    strategy: ResolvedStrategyConfig
    optimizer: ResolvedOptimizerConfig
    schedule: ResolvedScheduleConfig
    train_transform: TransformSpec
    eval_transform: TransformSpec

    def asked(self) -> RunConfig:
        """The same settings as a RunConfig, in which some can be left open again."""
        return RunConfig.model_validate(self.model_dump())


Config = TypeVar("Config", bound=RunConfig)


def parse_config(data: Any, where: str = "the configuration") -> RunConfig:
    """A RunConfig from plain data. Raises ConfigError, which lists every problem by field."""
    return _parse(RunConfig, data, where)


def parse_resolved(data: Any, where: str) -> ResolvedConfig:
    """A ResolvedConfig from plain data. Raises ConfigError, which lists every problem and missing value by field."""
    return _parse(ResolvedConfig, data, where)


def _parse(kind: type[Config], data: Any, where: str) -> Config:
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        problems = "\n".join(f"  {_problem(detail)}" for detail in error.errors())
        raise ConfigError(f"Not a valid run, in {where}:\n{problems}") from None


def load_config(path: Path) -> RunConfig:
    """Read a RunConfig from its own JSON file, or from the run.json of a run folder, which contains one."""
    try:
        data = read_json(path, "a configuration", error=ConfigError, max_bytes=MAX_BYTES)
    except FileNotFoundError:
        raise ConfigError(f"Cannot read {path}: there is no such file.") from None
    if isinstance(data, dict) and isinstance(data.get("config"), dict):
        data = data["config"]
    return parse_config(as_before(data), str(path))


def as_before(data: Any) -> Any:
    """The plain data of a whole configuration that an older version stored, with the values that newer settings had
    in effect; all other data as it is.

    Short configurations, which people write, leave out more than the newer settings: they get today's defaults.
    """
    strategy = data.get("strategy") if isinstance(data, dict) else None
    if not isinstance(strategy, dict) or "unfreeze_every" not in strategy:
        return data
    if "head_epochs" not in strategy:
        data = {**data, "strategy": {"head_epochs": 0, "batch_norm": "update", **strategy}}
    if isinstance(data.get("data"), dict) and "edits" not in data["data"]:
        data = {**data, "data": {"edits": 0, **data["data"]}}
    return data


def _problem(detail: Any) -> str:
    field = ".".join(str(part) for part in detail["loc"]) or "the whole"
    if detail["type"] == "extra_forbidden":
        return f"{field}: no such setting. {suggestion(str(detail['loc'][-1]), _siblings(detail['loc'][:-1]))}"
    message = detail["msg"].removeprefix("Value error, ")
    given = "" if detail["type"] in ("value_error", "missing") else f" (given: {shown(detail['input'])})"
    return f"{field}: {message}{given}"


def _siblings(path: tuple[Any, ...]) -> list[str]:
    """Names of the settings at this path of a RunConfig."""
    model: Any = RunConfig
    for part in path:
        annotation = model.model_fields[part].annotation if part in getattr(model, "model_fields", {}) else None
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        model = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
        if model is None:
            return []
    return list(model.model_fields)
