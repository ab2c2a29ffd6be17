"""From a recipe to a run on this machine: its data found, and its settings fitted to another backbone if need be."""

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
    """The settings of a recipe for data and backbone at hand; by default its own.

    With another backbone, what depends on the architecture is fitted: images get the size that it takes in place of the
    recipe's, and the mean and std of its weights. Learning rates of `features`, `classifier` and `head` hold for any.
    Raises DatasetNotFound where neither a `source` is given nor the recipe's data is on this machine, and
    UnknownBackbone or WeightsError for what does not exist.
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
    """Settings of the data. Of a dataset that torchvision knows by name, the path of a copy is where its files lie."""
    named = recipe.config.data.source
    if source is None:
        return {"source": find_data(recipe)}
    if named.lower() in NAMED_SETS and not is_named(source):
        root = root_of(named, given_path(source))
        if root is not None:
            return {"source": named, "images": str(root)}
    return {"source": source}


def find_data(recipe: Recipe) -> str:
    """Where the data of a recipe is: its name, or a path. Raises DatasetNotFound that says how to get it."""
    source = recipe.config.data.source
    if is_named(source):
        return source  # where files of it are missing, opening it says which
    known = (path for path in list_sources() if os.path.basename(path) == source)
    here = (str(path.absolute()) for path in (Path("data") / source, Path(source)) if os.path.exists(path))
    found = next(known, None) or next(here, None)
    if found is None:
        raise DatasetNotFound(_how_to_get(recipe), cli=_BY_OPTION)
    return found


def missing_data(recipe: Recipe) -> str:
    """What to do for the recipe's data; empty where it is on this machine."""
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
