"""Saved recipes: saving, finding, sharing, and refusing files that are no recipes."""

import json

import pytest

from tlcore.config import RunConfig
from tlcore.errors import ConfigError
from tlcore.recipes.builtin import BUILTIN
from tlcore.recipes.recipe import Recipe
from tlcore.recipes.saved import (
    damaged_recipes,
    delete_recipe,
    find_recipe,
    list_recipes,
    parse_recipe,
    portable,
    read_recipe,
    recipe_name,
    save_recipe,
)


@pytest.fixture
def mine() -> Recipe:
    return Recipe(name="my-crops", title="My crops", config=RunConfig.model_validate({"epochs": 7, "batch_size": 8}))


def test_a_saved_recipe_is_found_listed_and_unchanged(mine):
    path = save_recipe(mine)
    assert find_recipe("my-crops") == find_recipe(str(path)) == mine
    assert [recipe.name for recipe in list_recipes()] == [*BUILTIN, "my-crops"]
    delete_recipe("my-crops")
    assert [recipe.name for recipe in list_recipes()] == list(BUILTIN)


def test_another_recipe_of_that_name_is_replaced_only_on_request(mine):
    save_recipe(mine)
    save_recipe(mine)  # saving the same recipe again is no conflict
    other = mine.model_copy(update={"title": "Others"})
    with pytest.raises(ConfigError, match="There is another recipe named 'my-crops'. Replace it, or choose another"):
        save_recipe(other)
    save_recipe(other, replace=True)
    assert find_recipe("my-crops").title == "Others"


def test_a_built_in_recipe_cannot_be_replaced(mine):
    with pytest.raises(ConfigError, match="built-in recipe named 'fashion-mnist'"):
        save_recipe(mine.model_copy(update={"name": "fashion-mnist"}), replace=True)


def test_a_shared_recipe_holds_no_path_of_a_machine(tmp_path):
    config = RunConfig.model_validate(
        {
            "data": {"source": str(tmp_path / "secret" / "flowers"), "images": str(tmp_path)},
            "model": {"backbone": "mobilenet_v2", "weights": str(tmp_path / "weights.pth")},
            "device": "cuda:1",
            "workers": 3,
        }
    )
    text = save_recipe(Recipe(name="flowers", title="Flowers", config=config)).read_text()
    assert str(tmp_path) not in text
    kept = find_recipe("flowers").config
    assert (kept.data.source, kept.data.images, kept.model.weights) == ("flowers", None, None)
    assert (kept.device, kept.workers) == ("auto", None)


@pytest.mark.parametrize(("source", "kept"), [("demo", "demo"), ("CIFAR10", "CIFAR10"), ("C:\\my\\birds", "birds")])
def test_names_stay_and_paths_become_their_last_folder(source, kept):
    assert portable(RunConfig.model_validate({"data": {"source": source}})).data.source == kept


@pytest.mark.parametrize("weights", ["imagenet", "imagenet:IMAGENET1K_V2", "none"])
def test_weights_that_have_a_name_stay(weights):
    config = RunConfig.model_validate({"model": {"backbone": "resnet50", "weights": weights}})
    assert portable(config).model.weights == weights


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match=r"No recipe named 'fashion-mnits'. Did you mean 'fashion-mnist'"):
        find_recipe("fashion-mnits")
    with pytest.raises(ConfigError, match="There is no recipe at .*nowhere.json"):
        find_recipe("/nowhere.json")


def test_a_name_never_leads_to_another_folder(tmp_path, home):
    (home / "other.json").parent.mkdir(parents=True)
    (home / "other.json").write_text("{}")
    for name in ("../other", "..", "", "a/b"):
        with pytest.raises(ConfigError, match="No recipe named"):
            find_recipe(name)
        delete_recipe(name)
    assert (home / "other.json").exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"not json", "it cannot be read as JSON"),
        (b"[1, 2]", "is not a recipe"),
        (b'{"name": "x"}', "title: Field required"),
        (json.dumps({"name": "../x", "title": "t", "config": {}}).encode(), "name: use 1 to 60 small letters"),
        (json.dumps({"name": "x", "title": "t", "config": {"epochs": 0}}).encode(), "config.epochs: Input should be"),
        (json.dumps({"name": "x", "title": "t", "config": {}, "run": "rm"}).encode(), "run: Extra inputs"),
        (b"[" * 100_000, "is not a recipe"),
        (b" " * (1 << 21), "larger than 1 MiB"),
    ],
)
def test_a_file_that_is_no_recipe_is_refused_with_what_is_wrong(content, problem):
    with pytest.raises(ConfigError) as error:
        parse_recipe(content, "shared.json")
    assert problem in str(error.value)
    assert "shared.json" in str(error.value)


def test_paths_in_a_recipe_of_somebody_else_are_dropped_when_it_is_read(mine, tmp_path):
    data = mine.model_dump(mode="json")
    data["config"]["data"]["source"] = "/etc"
    data["config"]["model"]["weights"] = "/etc/passwd"
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(data))
    config = read_recipe(path).config
    assert (config.data.source, config.model.weights) == ("etc", None)


def test_a_recipe_that_an_older_version_saved_keeps_what_it_meant(tmp_path):
    config = RunConfig.model_validate({"strategy": {"name": "fine_tuning"}, "schedule": {"name": "constant"}})
    older = Recipe(name="older", title="Older", config=config).model_dump(mode="json")
    for name in ("head_epochs", "head_learning_rate", "batch_norm"):
        del older["config"]["strategy"][name]
    older["config"]["strategy"]["learning_rate_decay"] = 1.0
    strategy = parse_recipe(json.dumps(older).encode(), "older.json").config.strategy
    assert (strategy.head_epochs, strategy.batch_norm, strategy.learning_rate_decay) == (0, "update", 1.0)
    short = {"name": "short", "title": "Short", "config": {"strategy": {"name": "fine_tuning"}}}
    assert parse_recipe(json.dumps(short).encode(), "short.json").config.strategy.head_epochs is None


def test_a_damaged_file_is_left_out_of_the_list_which_says_so(mine, home):
    save_recipe(mine)
    (home / "recipes/broken.json").write_text("{")
    assert [recipe.name for recipe in list_recipes()][len(BUILTIN) :] == ["my-crops"]
    assert list(damaged_recipes()) == ["broken"]
    assert "broken.json is not a recipe" in damaged_recipes()["broken"]
    with pytest.raises(ConfigError, match="broken.json is not a recipe"):
        find_recipe("broken")


@pytest.mark.parametrize(
    ("text", "name"),
    [("My crops, 2nd try", "my-crops-2nd-try"), ("  ", "recipe"), ("Größe 5!", "gr-e-5"), ("-_-", "recipe")],
)
def test_a_title_gives_a_name(text, name):
    assert recipe_name(text) == name
