"""The table of the form: one row per setting of `RunConfig`, with its label, its widget, and when it is shown.

A setting without a row, or with a hidden row, keeps its value. The bounds of numbers come from RunConfig.
`ui.train.form` draws the widgets; `ui.train.views` has the picker of the training views.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tlcore.config import (
    COLUMN,
    COLUMN_NAMED,
    NO_GROUPS,
    SIMILAR,
    ModelConfig,
    OptimizerConfig,
    RunConfig,
    StrategyConfig,
    is_weights_file,
)
from tlcore.models.architecture import CLASSIFIER, FEATURES, HEAD, Architecture
from tlcore.training.defaults import chosen_strategy, default_learning_rate, default_schedule
from tlcore.training.optimisation.optimizers import OPTIMIZERS
from tlcore.training.optimisation.schedules import SCHEDULES
from ui.shared.state import setting_key
from ui.train.draft import Path, Settings, value_at

Section = Literal["data", "backbone", "strategy", "augmentation", "optimiser", "schedule", "advanced"]
AUTO, FILE, OWN = "auto", "file", "own"
BY_NAMES, FIRST_PATTERN = "pattern", "{group}_*"
"""The choice of a pattern of file names, and the pattern that it begins with."""
STRATEGIES = {
    "feature_extraction": "Feature extraction",
    "fine_tuning": "Fine-tuning",
    "from_scratch": "From scratch",
}
BATCH_NORM = {"keep": "keeps its statistics", "update": "updates its statistics"}
RATES: Path = ("strategy", "learning_rates")


@dataclass(frozen=True)
class FormState:
    """The state that decides which rows are shown and what can be chosen."""

    settings: Settings
    architecture: Architecture
    made_splits: tuple[str, ...] = ()
    """Splits that the data lacks and that are made from train."""
    group_columns: tuple[str, ...] = ()
    """Columns of the data's table that may say which images belong together."""
    backbones: tuple[str, ...] = ()
    """The options, in this order."""
    weights: tuple[str, ...] = ()
    """The options for this architecture: AUTO, `imagenet`, `imagenet:NAME`, `pretrained`, FILE, `none`."""
    backbone_label: Callable[[str], str] = str
    weights_label: Callable[[str], str] = str

    def __getitem__(self, path: str) -> Any:
        return value_at(self.settings, tuple(path.split(".")))


@dataclass(frozen=True)
class Number:
    """A number field. If the setting may be None, an empty field means None."""

    step: float = 1
    empty: Callable[[FormState], str] = lambda form: "off"
    """Placeholder of the empty field."""


@dataclass(frozen=True)
class Steps:
    """A slider over these values and the current value of the setting."""

    values: tuple[float, ...]
    label: Callable[[float], str] = "{:g}".format


@dataclass(frozen=True)
class Choice:
    """A list of options. `empty`: the label for None; without it None cannot be chosen."""

    options: Callable[[FormState], Sequence[str]]
    label: Callable[[FormState, str], str] = lambda form, option: option
    empty: Callable[[FormState], str] | None = None


@dataclass(frozen=True)
class Segments:
    """A few options, side by side."""

    labels: dict[str, str]


@dataclass(frozen=True)
class Toggle:
    pass


@dataclass(frozen=True)
class Text:
    placeholder: str = ""


Widget = Number | Steps | Choice | Segments | Toggle | Text


def _same(value: Any, *_: Any) -> Any:
    return value


@dataclass(frozen=True)
class Field:
    path: Path
    label: str
    section: Section
    widget: Widget
    help: str | None = None
    shown: Callable[[FormState], bool] = lambda form: True
    only_where_shown: bool = False
    """If the row is hidden, the run gets the default, because RunConfig would refuse the setting."""
    read: Callable[[Any], Any] = _same
    """Setting -> value of the widget."""
    write: Callable[[Any, Any], Any] = _same
    """(Value of the widget, the setting so far) -> setting."""
    key: str = field(default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.key or setting_key(self.path))


def _strategy(*names: str) -> Callable[[FormState], bool]:
    return lambda form: form["strategy.name"] in names


def _made(*splits: str) -> Callable[[FormState], bool]:
    return lambda form: any(split in form.made_splits for split in splits)


def _of_optimizer(setting: str) -> Callable[[FormState], bool]:
    """Shown for optimisers that use it. An optimiser that is not in the table is reported beside the start button."""
    return lambda form: (entry := OPTIMIZERS.get(form["optimizer.name"])) is not None and setting in entry.fields


def _of_schedule(setting: str) -> Callable[[FormState], bool]:
    return lambda form: (entry := SCHEDULES.get(schedule_name(form))) is not None and setting in entry.fields


def schedule_name(form: FormState) -> str:
    """The name of the schedule that the run gets."""
    return form["schedule.name"] or default_schedule(form["strategy.name"], form["model.weights"])


def strategy_of(form: FormState) -> StrategyConfig:
    """The strategy that the run gets, as far as the form can say before it is checked."""
    parts = form.settings
    config = RunConfig.model_construct(
        model=ModelConfig.model_construct(**parts["model"]),
        strategy=StrategyConfig.model_construct(**parts["strategy"]),
        optimizer=OptimizerConfig.model_construct(**parts["optimizer"]),
        epochs=parts["epochs"],
    )
    return chosen_strategy(config, form.architecture)


def usual_rate(form: FormState) -> float:
    """The learning rate that is chosen if none is given. Raises ConfigError for an unknown optimiser."""
    return default_learning_rate(form["strategy.name"], form["optimizer.name"])


def _usual_rate(form: FormState) -> str:
    return f"automatic: {usual_rate(form):g}" if form["optimizer.name"] in OPTIMIZERS else "automatic"


def _usual_strategy(setting: str) -> Callable[[FormState], str]:
    """What is chosen for an open setting of the strategy."""

    def words(form: FormState) -> str:
        if form["optimizer.name"] not in OPTIMIZERS:
            return "automatic"
        return f"automatic: {_in_words(getattr(strategy_of(form), setting))}"

    return words


def _in_words(value: Any) -> str:
    return BATCH_NORM.get(value, value) if isinstance(value, str) else f"{value:g}"


def _schedule_label(name: str) -> str:
    return SCHEDULES[name].label if name in SCHEDULES else name


def _read_weights(weights: str | None) -> str:
    if weights is None:
        return AUTO
    return weights if is_named_weights(weights) else FILE


def _write_weights(chosen: str, weights: str | None) -> str | None:
    if chosen == FILE:
        return weights if weights is not None and not is_named_weights(weights) else ""
    return None if chosen == AUTO else chosen


def is_named_weights(weights: str) -> bool:
    """Whether it is a name and not a file: `imagenet`, `imagenet:NAME`, `pretrained`, or `none`."""
    return not is_weights_file(weights)


def _groups(form: FormState) -> list[str]:
    return [NO_GROUPS, SIMILAR, *(f"{COLUMN_NAMED}{name}" for name in form.group_columns), BY_NAMES]


def _groups_label(form: FormState, groups: str) -> str:
    labels = {
        NO_GROUPS: "nothing, each image by itself",
        SIMILAR: "what is nearly the same",
        BY_NAMES: "what the file names say",
    }
    return labels.get(groups) or groups.replace(COLUMN_NAMED, "same ", 1)


def _is_pattern(groups: str) -> bool:
    """Also while it is being typed."""
    return groups not in (NO_GROUPS, SIMILAR, COLUMN) and not groups.startswith(COLUMN_NAMED)


def _read_groups(groups: str) -> str:
    return BY_NAMES if _is_pattern(groups) else groups


def _write_groups(chosen: str, groups: str) -> str:
    if chosen == BY_NAMES:
        return groups if _is_pattern(groups) else FIRST_PATTERN
    return chosen


def _read_class_weights(weights: Any) -> str:
    return OWN if isinstance(weights, dict) else str(weights)


def _class_weights(form: FormState) -> list[str]:
    return ["none", "balanced", *([OWN] if isinstance(form["loss.class_weights"], dict) else [])]


def _class_weights_label(form: FormState, name: str) -> str:
    if name != OWN:
        return {"none": "all alike", "balanced": "balanced"}[name]
    weights: dict[str, float] = form["loss.class_weights"]
    shown = ", ".join(f"{label} × {weight:g}" for label, weight in list(weights.items())[:3])
    return f"{shown}{' …' if len(weights) > 3 else ''}" or "none of its own"


def _one_of(**labels: str) -> Choice:
    return Choice(lambda form: list(labels), lambda form, name: labels.get(name, name))


FIELDS: tuple[Field, ...] = (
    Field(("data", "val_fraction"), "Share for val", "data", Number(0.01), "Of each class.", _made("val")),
    Field(("data", "test_fraction"), "Share for test", "data", Number(0.01), "Of each class.", _made("test")),
    Field(("data", "split_seed"), "Seed of the splits", "data", Number(), None, _made("train", "val", "test")),
    Field(
        ("data", "groups"),
        "Splits keep together",
        "data",
        Choice(_groups, _groups_label),
        "Images of one animal, patient or video resemble each other more than new ones will. In two splits they make "
        "the accuracy look better than it is.",
        _made("train", "val", "test"),
        read=_read_groups,
        write=_write_groups,
    ),
    Field(
        ("data", "groups"),
        "Pattern of file names",
        "data",
        Text(FIRST_PATTERN),
        "`{group}` stands for what images that belong together have in common, `*` for anything: `{group}_*` finds "
        "cow7 in `cow7_03.jpg`, and `{group}/*` the folder of an image.",
        lambda form: bool(form.made_splits) and _is_pattern(form["data.groups"]),
        write=lambda text, groups: text.strip(),
        key="train_groups_pattern",
    ),
    Field(
        ("model", "backbone"),
        "Backbone",
        "backbone",
        Choice(lambda form: form.backbones, lambda form, name: form.backbone_label(name)),
    ),
    Field(
        ("model", "weights"),
        "Weights",
        "backbone",
        Choice(lambda form: form.weights, lambda form, name: form.weights_label(name)),
        "Where the pretrained values come from.",
        _strategy("feature_extraction", "fine_tuning"),
        only_where_shown=True,
        read=_read_weights,
        write=_write_weights,
    ),
    Field(
        ("model", "weights"),
        "Path of the weights file",
        "backbone",
        Text("a .pth, .pt or .safetensors file on the machine that runs the dashboard"),
        shown=lambda form: form["strategy.name"] != "from_scratch" and _read_weights(form["model.weights"]) == FILE,
        read=lambda weights: weights or "",
        write=lambda path, weights: path.strip(),
        key="train_weights_file",
    ),
    Field(("strategy", "name"), "Strategy", "strategy", Segments(STRATEGIES)),
    Field(
        ("strategy", "freeze_up_to"),
        "Frozen up to",
        "strategy",
        Choice(lambda form: form.architecture.group_names[:-1], empty=lambda form: "nothing"),
        "Layer groups from the stem up to this one keep their weights and BatchNorm statistics.",
        _strategy("fine_tuning"),
        only_where_shown=True,
    ),
    Field(
        ("strategy", "learning_rate_decay"),
        "Learning rate, factor per group",
        "strategy",
        Number(0.1, _usual_strategy("learning_rate_decay")),
        "Each group learns with this factor times the rate of the next one towards the head. 1: all alike.",
        _strategy("fine_tuning", "from_scratch"),
    ),
    Field(
        ("strategy", "head_epochs"),
        "Epochs of the head alone",
        "strategy",
        Number(1, _usual_strategy("head_epochs")),
        "The first epochs train the head on features that are computed once, which takes next to no time. Then the "
        "other layers join. 0: all train from the start.",
        _strategy("fine_tuning"),
        only_where_shown=True,
    ),
    Field(
        ("strategy", "head_learning_rate"),
        "Learning rate of the head alone",
        "strategy",
        Number(1e-4, _usual_strategy("head_learning_rate")),
        "In its own epochs, before the other layers join.",
        lambda form: form["strategy.name"] == "fine_tuning" and form["strategy.head_epochs"] != 0,
    ),
    Field(
        ("strategy", "batch_norm"),
        "BatchNorm",
        "strategy",
        Choice(
            lambda form: list(BATCH_NORM),
            lambda form, name: BATCH_NORM.get(name, name),
            empty=_usual_strategy("batch_norm"),
        ),
        "Means and variances of small batches are noisy: statistics that came with the weights do better then.",
        _strategy("fine_tuning", "from_scratch"),
    ),
    Field(
        ("strategy", "unfreeze_every"),
        "Unfreeze one group every … epochs",
        "strategy",
        Number(),
        "From the head down. Off: all groups train from the first epoch after those of the head alone.",
        _strategy("fine_tuning"),
        only_where_shown=True,
    ),
    Field(
        ("cached_views",),
        "Views kept of each image",
        "augmentation",
        Number(),
        "The frozen backbone sees this many random views of each image once, and the epochs take turns. "
        "0: fresh views in every epoch, which is slow.",
        lambda form: form["strategy.name"] == "feature_extraction" and form["train_transform"] is not None,
    ),
    Field(
        ("mix", "name"),
        "MixUp or CutMix",
        "augmentation",
        _one_of(none="off", mixup="MixUp", cutmix="CutMix", mixup_or_cutmix="MixUp or CutMix"),
        "Blends two images and their labels (MixUp), or puts a part of one into the other (CutMix).",
    ),
    Field(
        ("mix", "alpha"),
        "Alpha of the mix",
        "augmentation",
        Number(0.1),
        "The share of each image is drawn from Beta(alpha, alpha). Below 1: mostly one of the two.",
        lambda form: form["mix.name"] != "none",
    ),
    Field(
        ("optimizer", "name"),
        "Optimiser",
        "optimiser",
        Choice(
            lambda form: list(OPTIMIZERS), lambda form, name: OPTIMIZERS[name].label if name in OPTIMIZERS else name
        ),
    ),
    Field(
        ("optimizer", "learning_rate"),
        "Learning rate",
        "optimiser",
        Number(1e-4, _usual_rate),
        "Of the head. Empty: what suits strategy and optimiser.",
        _of_optimizer("learning_rate"),
    ),
    Field(
        ("optimizer", "weight_decay"), "Weight decay", "optimiser", Number(1e-4), None, _of_optimizer("weight_decay")
    ),
    Field(("optimizer", "momentum"), "Momentum", "optimiser", Number(0.05), None, _of_optimizer("momentum")),
    Field(
        ("optimizer", "nesterov"),
        "Nesterov",
        "optimiser",
        Toggle(),
        None,
        _of_optimizer("nesterov"),
        only_where_shown=True,
    ),
    Field(("epochs",), "Epochs", "schedule", Number()),
    Field(
        ("schedule", "name"),
        "Schedule",
        "schedule",
        Choice(
            lambda form: list(SCHEDULES),
            lambda form, name: _schedule_label(name),
            empty=lambda form: f"automatic: {_schedule_label(schedule_name(form))}",
        ),
    ),
    Field(("schedule", "warmup_epochs"), "Warm-up epochs", "schedule", Number(0.5)),
    Field(
        ("schedule", "step_epochs"),
        "Epochs between two reductions",
        "schedule",
        Number(),
        None,
        _of_schedule("step_epochs"),
    ),
    Field(
        ("schedule", "patience"),
        "Patience in epochs",
        "schedule",
        Number(),
        "Epochs without a lower validation loss before a reduction.",
        _of_schedule("patience"),
    ),
    Field(
        ("schedule", "gamma"),
        "Each reduction multiplies by",
        "schedule",
        Steps((0.1, 0.2, 0.3, 0.5, 0.7), "× {:g}".format),
        None,
        _of_schedule("gamma"),
    ),
    Field(("batch_size",), "Batch size", "advanced", Steps((4, 8, 16, 32, 64, 128, 256, 512))),
    Field(("seed",), "Seed", "advanced", Number()),
    Field(("loss", "label_smoothing"), "Label smoothing", "advanced", Number(0.05)),
    Field(
        ("loss", "class_weights"),
        "Class weights",
        "advanced",
        Choice(_class_weights, _class_weights_label),
        "Balanced: rare classes count more.",
        read=_read_class_weights,
        write=lambda chosen, weights: weights if chosen == OWN else chosen,
    ),
    Field(("gradient_clip",), "Gradient clipping", "advanced", Number(0.5), "The largest norm of the gradient."),
    Field(
        ("ema_decay",),
        "EMA of the weights, decay",
        "advanced",
        Number(0.001),
        "Exponential moving average: the averaged weights are what is evaluated and kept.",
    ),
    Field(
        ("early_stopping",),
        "Early stopping, patience in epochs",
        "advanced",
        Number(),
        "Ends the run after this many epochs without a better validation accuracy.",
    ),
    Field(("precision",), "Precision", "advanced", _one_of(auto="automatic", bf16="bf16", fp32="fp32")),
    Field(("device",), "Device", "advanced", Text("auto"), "auto, cpu, cuda, cuda:1 or mps."),
    Field(
        ("workers",),
        "Processes that decode images",
        "advanced",
        Number(1, lambda form: "automatic"),
        "Empty: as suits the machine. 0: none beside the training itself.",
    ),
    Field(
        ("keep_optimizer_state",),
        "Optimiser's state is kept in",
        "advanced",
        _one_of(last_and_best="the last and the best epoch", all="all epochs"),
        "A run can be resumed, or continued elsewhere, from epochs that have it.",
    ),
    Field(
        ("report_every",),
        "Report the training loss every … batches",
        "advanced",
        Number(1, lambda form: "epoch only"),
    ),
)


def rate_fields(form: FormState) -> list[Field]:
    """Rows for learning rates of parts of the network: the common parts, and all with their own rate."""
    if form["strategy.name"] == "feature_extraction":
        names = [HEAD] if HEAD in (value_at(form.settings, RATES) or {}) else []
    else:
        usual = [part for part in (FEATURES, CLASSIFIER) if part == FEATURES or part in form.architecture.groups]
        names = list(dict.fromkeys([*usual, *(value_at(form.settings, RATES) or {})]))
    return [_rate_field(name) for name in names]


def groups_without_rate(form: FormState) -> list[str]:
    """Layer groups for which a row can be added."""
    there = {field.path[-1] for field in rate_fields(form)}
    return [name for name in form.architecture.group_names if name not in there]


def _rate_field(name: str) -> Field:
    labels = {FEATURES: "the features", CLASSIFIER: "the hidden classifier", HEAD: "the head"}
    return Field(
        (*RATES, name),
        f"Learning rate of {labels.get(name, name)}",
        "strategy",
        Number(1e-4, lambda form: "as below"),
        "Empty: the learning rate of the head, times the factor from group to group.",
    )
