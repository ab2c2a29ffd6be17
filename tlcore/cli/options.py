"""The options of `train`: each sets one field of a RunConfig, found by its path. A new option is one new entry."""

import argparse
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.config import RunConfig, load_config, parse_config
from tlcore.data.catalog import edits_path
from tlcore.data.edits.log import read_log
from tlcore.errors import ConfigError
from tlcore.recipes.fitting import recipe_config
from tlcore.recipes.recipe import Recipe
from tlcore.recipes.saved import find_recipe
from tlcore.runs.folder.layout import EDITS_FILE
from tlcore.training.optimisation.optimizers import OPTIMIZERS, optimizers_with
from tlcore.training.optimisation.schedules import SCHEDULES, schedules_with
from tlcore.words import count


@dataclass(frozen=True)
class Option:
    flag: str
    path: tuple[str, ...]
    help: str
    kind: type = str
    metavar: str | None = None


def _one_of(names: Iterable[str]) -> str:
    """The names as one text for a help message: any of them can be chosen."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _for_optimizers(field: str, words: str) -> str:
    return f"{_one_of(optimizers_with(field))}: {words}"


def _for_schedules(field: str, words: str) -> str:
    return f"{_one_of(schedules_with(field))}: {words}"


GROUPS_HELP = (
    "what splits made here keep together: none, similar (near-duplicates), column or column:NAME of a table, or a "
    "pattern of file names such as '{group}_*.jpg'"
)
OPTIONS = (
    Option(
        "--data",
        ("data", "source"),
        "folder of class folders, CSV or TSV of path,label, a torchvision name, or demo (the default)",
    ),
    Option("--images", ("data", "images"), "folder that the paths of a table are relative to", metavar="FOLDER"),
    Option("--val-fraction", ("data", "val_fraction"), "share that a val split made here gets", float),
    Option("--test-fraction", ("data", "test_fraction"), "share that a test split made here gets", float),
    Option("--split-seed", ("data", "split_seed"), "seed of splits made here", int),
    Option("--groups", ("data", "groups"), GROUPS_HELP),
    Option("--edits", ("data", "edits"), "apply so many of the dataset's edits; 0: none (default: all)", int),
    Option("--backbone", ("model", "backbone"), "architecture, see `zoo`, or timm:NAME"),
    Option("--weights", ("model", "weights"), "imagenet, pretrained (timm), a .pth or .safetensors file, or none"),
    Option("--strategy", ("strategy", "name"), "feature_extraction, fine_tuning or from_scratch"),
    Option("--freeze-up-to", ("strategy", "freeze_up_to"), "last layer group to keep frozen", metavar="GROUP"),
    Option(
        "--lr-decay", ("strategy", "learning_rate_decay"), "factor on the learning rate per group to the stem", float
    ),
    Option(
        "--head-epochs",
        ("strategy", "head_epochs"),
        "fine_tuning: epochs at the start that train the head alone, on kept features",
        int,
        "EPOCHS",
    ),
    Option("--head-lr", ("strategy", "head_learning_rate"), "learning rate of these epochs", float, "LR"),
    Option(
        "--batch-norm",
        ("strategy", "batch_norm"),
        "in trained layers: keep the statistics of the weights, or update them",
        metavar="keep|update",
    ),
    Option("--unfreeze-every", ("strategy", "unfreeze_every"), "epochs until the next group joins", int, "EPOCHS"),
    Option("--views", ("cached_views",), "augmented views kept per image; 0: fresh in every epoch", int),
    Option("--mix", ("mix", "name"), "none, mixup, cutmix or mixup_or_cutmix"),
    Option("--mix-alpha", ("mix", "alpha"), "Beta parameter of the mix", float),
    Option("--optimizer", ("optimizer", "name"), _one_of(OPTIMIZERS)),
    Option("--lr", ("optimizer", "learning_rate"), "learning rate of the head", float),
    Option("--weight-decay", ("optimizer", "weight_decay"), "weight decay", float),
    Option("--momentum", ("optimizer", "momentum"), _for_optimizers("momentum", "momentum"), float),
    Option("--schedule", ("schedule", "name"), _one_of(SCHEDULES)),
    Option("--warmup", ("schedule", "warmup_epochs"), "epochs of linear warm-up", float, "EPOCHS"),
    Option(
        "--step-epochs",
        ("schedule", "step_epochs"),
        _for_schedules("step_epochs", "epochs between reductions"),
        int,
    ),
    Option("--gamma", ("schedule", "gamma"), _for_schedules("gamma", "factor of a reduction"), float),
    Option(
        "--patience",
        ("schedule", "patience"),
        _for_schedules("patience", "epochs without gain before a reduction"),
        int,
    ),
    Option("--label-smoothing", ("loss", "label_smoothing"), "share of the label spread over all classes", float),
    Option("--clip", ("gradient_clip",), "largest norm of the gradient", float),
    Option("--ema", ("ema_decay",), "decay of a moving average of the weights", float),
    Option("--early-stopping", ("early_stopping",), "epochs without a better val accuracy that end it", int, "EPOCHS"),
    Option("--epochs", ("epochs",), "epochs to train", int),
    Option("--batch-size", ("batch_size",), "images per step", int),
    Option("--report-every", ("report_every",), "print the mean loss of every so many batches", int, "BATCHES"),
    Option("--seed", ("seed",), "seed of all that is random", int),
    Option("--device", ("device",), "auto, cuda, cuda:N, mps or cpu"),
    Option("--precision", ("precision",), "auto, bf16 or fp32"),
    Option("--workers", ("workers",), "decoding processes", int),
)


def add_config_options(parser: argparse.ArgumentParser, without: Collection[str] = ()) -> None:
    """All options. Or all but those for the parts of a RunConfig in `without`; then no recipe sets them either."""
    if not without:
        parser.add_argument(
            "--recipe", metavar="NAME", help="start from a recipe, see `recipes`, or from its .json file"
        )
    parser.add_argument("--config", metavar="FILE", help="RunConfig as JSON, or a run.json; options override it")
    for option in OPTIONS:
        if option.path[0] in without:
            parser.set_defaults(**{_dest(option): None})
            continue
        metavar = option.metavar or option.flag.removeprefix("--").replace("-", "_").upper()
        parser.add_argument(option.flag, dest=_dest(option), type=option.kind, metavar=metavar, help=option.help)
    parser.add_argument("--nesterov", action="store_true", help=_for_optimizers("nesterov", "Nesterov momentum"))
    if "strategy" not in without:
        parser.add_argument(
            "--group-lr", action="append", default=[], metavar="GROUP=LR", help="learning rate of one layer group"
        )
    parser.add_argument(
        "--class-weights", metavar="WEIGHTS", help="none, balanced, or NAME=WEIGHT,NAME=WEIGHT of the loss"
    )
    parser.set_defaults(recipe=None, group_lr=[])


def add_data_options(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """--data and --images alone, for a command that needs no other settings of the data."""
    parser.add_argument("--data", default=default, metavar="DATA", help="as for `train` (default: demo)")
    parser.add_argument("--images", metavar="FOLDER", help="folder that the paths of a table are relative to")


def add_download_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--download", action="store_true", help="fetch a torchvision dataset that is not on disk")


def config_from(arguments: argparse.Namespace) -> RunConfig:
    """The RunConfig that results from the options, the recipe and the file.

    Raises ConfigError, and what `recipe_config` raises.
    """
    settings: dict[str, Any] = {}
    if arguments.recipe and arguments.config:
        raise ConfigError("--recipe and --config both say where the settings come from: give one of them.")
    if arguments.recipe:
        settings = fitted_recipe(find_recipe(arguments.recipe), arguments).model_dump(mode="json")
    if arguments.config:
        settings = _of_file(Path(arguments.config), arguments).model_dump(mode="json")
    for option in OPTIONS:
        value = getattr(arguments, _dest(option))
        if value is not None and not (arguments.recipe and option.path in _FITTED):
            _set(settings, option.path, value)
    if arguments.nesterov:
        _set(settings, ("optimizer", "nesterov"), True)
    for pair in arguments.group_lr:
        name, rate = _pair(pair, "--group-lr")
        _set(settings, ("strategy", "learning_rates", name), rate)
    if arguments.class_weights in ("none", "balanced"):
        _set(settings, ("loss", "class_weights"), arguments.class_weights)
    elif arguments.class_weights:
        weights = dict(_pair(pair, "--class-weights") for pair in arguments.class_weights.split(","))
        _set(settings, ("loss", "class_weights"), weights)
    return parse_config(settings, "the options")


def options_of(config: RunConfig) -> list[str]:
    """The options that `train` makes this RunConfig from, as words of a command line: its data, its backbone, and what
    else is not the default. Transforms, which no option names, and class weights by name are not among them."""
    words, usual = [], RunConfig()
    for option in OPTIONS:
        value, default = [_value(settings, option.path) for settings in (config, usual)]
        if value is not None and (value != default or option.flag in _ALWAYS):
            words += [option.flag, str(value)]
    if config.optimizer.nesterov:
        words.append("--nesterov")
    for name, rate in config.strategy.learning_rates.items():
        words += ["--group-lr", f"{name}={rate}"]
    if config.loss.class_weights == "balanced":
        words += ["--class-weights", "balanced"]
    return words


def _of_file(file: Path, arguments: argparse.Namespace) -> RunConfig:
    """The settings in a file. For other data than the file's, the edits are left open.

    Raises ConfigError if the file belongs to a run that had other edits than the dataset has now.
    """
    config = load_config(file)
    source, edits = (getattr(arguments, "config_data_" + name) for name in ("source", "edits"))
    if source is not None and edits_path(source) != edits_path(config.data.source):
        return config.replace(data=config.data.model_dump() | {"edits": None})
    if edits is None and config.data.edits:
        trained, now = (read_log(path).content for path in (file.parent / EDITS_FILE, edits_path(config.data.source)))
        if not now.startswith(trained):
            raise ConfigError(
                f"{file} is of a run with {count(config.data.edits, 'edit')} of {config.data.source}, which has others "
                "now.",
                cli="With --edits N the first N edits of today are applied, with --edits 0 none.",
            )
    return config


_ALWAYS = ("--data", "--backbone")


def _value(settings: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        settings = getattr(settings, name)
    return settings


_FITTED = (("data", "source"), ("model", "backbone"), ("model", "weights"))
"""The options that a recipe is fitted to, and that its settings therefore already contain."""


def fitted_recipe(recipe: Recipe, arguments: argparse.Namespace) -> RunConfig:
    """A recipe for the backbone, the weights and the data that the options name. Raises as `recipe_config` does."""
    named = [getattr(arguments, "config_" + "_".join(path)) for path in _FITTED]
    return recipe_config(recipe, *named)


def _dest(option: Option) -> str:
    return "config_" + "_".join(option.path)


def _set(settings: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        settings = settings.setdefault(part, {})
    settings[path[-1]] = value


def _pair(text: str, flag: str) -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        return name, float(number)
    except ValueError:
        raise ConfigError(f"{flag} takes NAME=NUMBER, not {text!r}.") from None
