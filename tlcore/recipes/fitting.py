"""Turn a recipe into a run on this machine: find its data, and adapt its settings to another backbone if needed."""

import os
from pathlib import Path
from typing import Any

from tlcore.config import RunConfig
from tlcore.data.catalog import is_named
from tlcore.data.formats.demo import NAME as DEMO
from tlcore.data.formats.torchvision_sets import NAMED_SETS, missing_files, root_of
from tlcore.data.intake.library import list_sources
from tlcore.errors import DatasetNotFound
from tlcore.recipes.recipe import Recipe
from tlcore.system.home import datasets_dir
from tlcore.system.paths import given_path
from tlcore.training.refit import fitted_views

_BY_OPTION = "Or point to a copy with --data PATH."


def recipe_config(
    recipe: Recipe, source: str | None = None, backbone: str | None = None, weights: str | None = None
) -> RunConfig:
    """The settings of a recipe for the given data and backbone; the defaults are the recipe's own.

    With another backbone, architecture-dependent settings are adapted: images get the backbone's size instead of the
    recipe's, and the mean and std of its weights. Learning rates of `features`, `classifier` and `head` apply to any
    backbone. Raises DatasetNotFound if no `source` is given and the recipe's data is not on this machine, and
    UnknownBackbone or WeightsError for a backbone or weights that do not exist.
    """
    config = recipe.config
    changes: dict[str, Any] = {"data": {**config.data.model_dump(), **_data(recipe, source)}}
    name = backbone or config.model.backbone
    if name != config.model.backbone:
        changes |= {"model": {"backbone": name, "weights": weights}, **fitted_views(config, name, weights)}
    elif weights is not None:
        changes["model"] = {"backbone": name, "weights": weights}
    return config.replace(**changes)


def _data(recipe: Recipe, source: str | None) -> dict[str, str]:
    """The data settings. For a dataset that torchvision knows by name, a path is the place of its files."""
    named = recipe.config.data.source
    if source is None:
        return {"source": find_data(recipe)}
    if named.lower() in NAMED_SETS and not is_named(source):
        root = root_of(named, given_path(source))
        if root is not None:
            return {"source": named, "images": str(root)}
    return {"source": source}


def find_data(recipe: Recipe) -> str:
    """The name or path of a recipe's data. Raises DatasetNotFound, which says how to get it."""
    source = recipe.config.data.source
    if is_named(source):
        return source  # if files are missing, opening it reports which
    known = (path for path in list_sources() if os.path.basename(path) == source)
    here = (str(path.absolute()) for path in (Path("data") / source, Path(source)) if os.path.exists(path))
    found = next(known, None) or next(here, None)
    if found is None:
        raise DatasetNotFound(_how_to_get(recipe), cli=_BY_OPTION)
    return found


def missing_data(recipe: Recipe) -> str:
    """How to get the recipe's data; empty if it is on this machine."""
    source = recipe.config.data.source
    if is_named(source):
        return "" if source.lower() == DEMO or not missing_files(source) else _how_to_get(recipe)
    try:
        find_data(recipe)
    except DatasetNotFound as error:
        return str(error)
    return ""


def _how_to_get(recipe: Recipe) -> str:
    source = recipe.config.data.source
    what = f": {recipe.data}" if recipe.data else ""
    how = f" {recipe.data_from}" if recipe.data_from else ""
    if is_named(source):
        where = f" Put these files into {datasets_dir()}: {', '.join(missing_files(source))}."
    else:
        where = f" Put it at {datasets_dir() / source}."
    return f"The data of {recipe.name} is not on this machine{what}.{how}{where}"
