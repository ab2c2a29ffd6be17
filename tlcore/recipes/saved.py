"""Find and save recipes: the built-in ones, those saved as `recipes/NAME.json`, and files from others."""

import re
from pathlib import Path, PurePath
from typing import Any

from tlcore.config import RunConfig, as_before
from tlcore.data.catalog import is_named
from tlcore.errors import ConfigError, suggestion
from tlcore.recipes.builtin import BUILTIN
from tlcore.recipes.recipe import NAME, Recipe
from tlcore.system.files import write_json
from tlcore.system.home import home_dir, space
from tlcore.system.paths import given_path
from tlcore.system.records import as_record, parse_json, read_bytes

MAX_BYTES = 1 << 20
WHAT = "a recipe"
_NAMED_WEIGHTS = re.compile(r"imagenet(:\w+)?|none")


def list_recipes() -> list[Recipe]:
    """The built-in recipes in their order, then the saved ones by name, without those of `damaged_recipes`."""
    return [*BUILTIN.values(), *(recipe for path in _saved_files().values() if (recipe := _readable(path)))]


def damaged_recipes() -> dict[str, str]:
    """The saved recipes whose files cannot be read: name -> what is wrong."""
    problems = {}
    for path in _saved_files().values():
        try:
            read_recipe(path)
        except ConfigError as error:
            problems[path.stem] = str(error)
    return problems


def find_recipe(name: str) -> Recipe:
    """A built-in or saved recipe, or one in a `.json` file. Raises ConfigError."""
    if name in BUILTIN:
        return BUILTIN[name]
    as_path = given_path(name)
    if as_path.suffix.lower() == ".json":
        return read_recipe(as_path)
    if NAME.fullmatch(name) and (path := _saved_files().get(name)):
        return read_recipe(path)
    known = [recipe.name for recipe in list_recipes()]
    raise ConfigError(f"No recipe named {name!r}. {suggestion(name, known)} A recipe of your own is a .json file.")


def read_recipe(path: Path) -> Recipe:
    """A recipe from its file. Raises ConfigError if it cannot be read or is not a recipe."""
    try:
        content = read_bytes(path, WHAT, error=ConfigError, max_bytes=MAX_BYTES)
    except FileNotFoundError:
        raise ConfigError(f"There is no recipe at {path}. Check the path.") from None
    return parse_recipe(content, str(path))


def parse_recipe(content: bytes, where: str) -> Recipe:
    """A recipe from the bytes of its file, which may come from anybody. Raises ConfigError with every problem."""
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{where} is larger than {MAX_BYTES >> 20} MiB, which no recipe is.")
    data = parse_json(content, WHAT, where, error=ConfigError)
    if isinstance(data, dict) and "config" in data:
        data = {**data, "config": as_before(data["config"])}
    recipe = as_record(data, Recipe, WHAT, where, error=ConfigError)
    return recipe.model_copy(update={"config": portable(recipe.config)})


def save_recipe(recipe: Recipe, *, replace: bool = False) -> Path:
    """Save a recipe under its name, without paths of this machine; returns the file, which can be shared.

    Raises ConfigError for the name of a built-in recipe, or of another saved one unless `replace`.
    """
    recipe = recipe.model_copy(update={"config": portable(recipe.config)})
    if recipe.name in BUILTIN:
        raise ConfigError(f"There is a built-in recipe named {recipe.name!r}. Choose another name.")
    path = _path(recipe.name)
    if path.exists() and not replace and _readable(path) != recipe:
        raise ConfigError(f"There is another recipe named {recipe.name!r}. Replace it, or choose another name.")
    write_json(path, recipe.model_dump(mode="json"))
    return path


def delete_recipe(name: str) -> None:
    """Delete a saved recipe. Does nothing if there is none with this name."""
    if NAME.fullmatch(name):
        _path(name).unlink(missing_ok=True)


def is_own_recipe(name: str) -> bool:
    """Whether a recipe of this name is saved in one's own home, so that it can be deleted."""
    return bool(NAME.fullmatch(name)) and _path(name).exists()


def recipe_name(text: str) -> str:
    """A valid name for a recipe from any title: `My crops, 2nd try` becomes `my-crops-2nd-try`."""
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-_")[:60].strip("-_") or "recipe"


def portable(config: RunConfig) -> RunConfig:
    """The settings without parts of one machine: folders above the data and its edits, a weights file, a device,
    worker counts."""
    source, weights = config.data.source, config.model.weights
    data: dict[str, Any] = {"images": None, "edits": None}
    if not is_named(source):
        data["source"] = PurePath(source.replace("\\", "/")).name or source
    asked = config.model_dump()
    asked["data"] |= data
    if weights is not None and not _NAMED_WEIGHTS.fullmatch(weights):
        asked["model"]["weights"] = None
    return RunConfig.model_validate(asked | {"device": "auto", "workers": None})


def _saved_files() -> dict[str, Path]:
    """Name -> file, by name. A recipe of one's own hides one of the host with the same name."""
    found = {path.stem: path for home in reversed(space().homes) for path in (home / "recipes").glob("*.json")}
    return {name: found[name] for name in sorted(found) if NAME.fullmatch(name) and name not in BUILTIN}


def _readable(path: Path) -> Recipe | None:
    try:
        return read_recipe(path)
    except ConfigError:
        return None


def _path(name: str) -> Path:
    """The file of a recipe of one's own."""
    return home_dir() / "recipes" / f"{name}.json"
