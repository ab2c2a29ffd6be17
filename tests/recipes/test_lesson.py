"""The text about a recipe is generated from its settings."""

import pytest

from tlcore.config import RunConfig
from tlcore.recipes.builtin import BUILTIN
from tlcore.recipes.lesson import Section, lesson
from tlcore.recipes.recipe import Recipe


def sections(name: str) -> dict[str, Section]:
    return {section.title: section for section in lesson(BUILTIN[name])}


def of(**settings) -> str:
    recipe = Recipe(name="mine", title="Mine", config=RunConfig.model_validate(settings))
    return "\n".join(f"{section.title}\n{section.text}" for section in lesson(recipe))


@pytest.mark.parametrize("name", BUILTIN)
def test_every_recipe_begins_with_its_exercise_and_the_improvements(name):
    first = ["The exercise"] + ["What it gets wrong, and this does right"] * bool(BUILTIN[name].better)
    assert list(sections(name))[: len(first)] == first


@pytest.mark.parametrize("name", BUILTIN)
def test_without_figures_nothing_refers_to_one(name):
    with_all, without = sections(name), {section.title: section for section in lesson(BUILTIN[name], figures=())}
    assert all(section.figure is None for section in without.values())
    text = " ".join(section.text for section in without.values())
    for words in ("Below is", "The band around", "training images with their labels. Is"):
        assert words not in text
    assert with_all.keys() - without.keys() <= {"Look at the images first", "What it says"}


def test_the_words_about_a_figure_come_with_it():
    frozen = BUILTIN["demo-frozen"]
    assert [section.title for section in lesson(frozen, {"images"}) if section.figure] == ["Look at the images first"]
    assert "zero means frozen" in next(s.text for s in lesson(frozen, {"changes"}) if s.figure == "changes")


def test_what_a_recipe_leaves_open_is_explained_as_what_is_chosen():
    scratch = sections("demo-from-scratch")
    assert "Adam with a learning rate of 0.001" in scratch["The steps"].text
    assert "8 % to 100 % of its area" in scratch["Random crops to learn from, one fixed crop to be measured by"].text


def test_random_crops_are_explained_with_the_numbers_of_the_recipe():
    section = sections("ants-bees-vgg16")["Random crops to learn from, one fixed crop to be measured by"]
    for words in ("50 % to 100 % of its area", "224 × 224 px", "shorter side brought to 256 px", "mirrored"):
        assert words in section.text
    assert section.figure == "views"
    squeezed = sections("cats-dogs-resnet18")["Random crops to learn from, one fixed crop to be measured by"]
    assert "squeezed into a square of 256 px" in squeezed.text


def test_frozen_layers_are_explained_where_there_are_some():
    frozen = sections("ants-bees-resnet18-frozen")["Frozen, and in evaluation mode"]
    assert "`eval()`" in frozen.text
    assert frozen.figure == "changes"
    assert "Frozen, and in evaluation mode" not in sections("ants-bees-resnet18")


def test_different_learning_rates_are_listed():
    text = sections("ants-bees-vgg16-finetune")["Different learning rates"].text
    for words in ("`features`, the convolutions: 0.0001", "0.0005", "`head`, the new last layer: 0.001"):
        assert words in text
    assert "Different learning rates" not in sections("ants-bees-vgg16")


def test_checkpoints_are_explained_only_if_something_is_trained():
    for name, recipe in BUILTIN.items():
        assert ("What the checkpoints show" in sections(name)) == (recipe.task == "train")


def test_a_saved_recipe_is_explained_too():
    text = of(
        strategy={"name": "fine_tuning", "learning_rate_decay": 0.5, "freeze_up_to": "layer1"},
        optimizer={"name": "adamw", "learning_rate": 3e-4},
        schedule={"name": "plateau", "patience": 4},
        epochs=17,
    )
    for words in (
        "All 17 epochs are saved",
        "AdamW with a learning rate of 0.0003",
        "After 5 epochs in a row without a lower",
    ):
        assert words in text
    assert "each group of layers 0.5 times the rate of the next" in text
    assert "Groups up to layer1 are frozen" in text


def test_a_class_name_or_title_is_not_part_of_the_text():
    assert "Mine" not in of(epochs=3)


def test_the_origin_of_frozen_features_depends_on_the_weights():
    frozen = {"strategy": {"name": "feature_extraction"}}
    assert "a million photographs" in of(**frozen)  # the default
    assert "a million photographs" in of(**frozen, model={"backbone": "resnet18"})
    assert "a million photographs" in of(**frozen, model={"backbone": "vit_b_16", "weights": "imagenet:NAME"})
    for weights, words in (("none", "nothing was learned before"), ("mine.pth", "whatever the file of weights")):
        text = of(**frozen, model={"weights": weights})
        assert words in text
        assert "million photographs" not in text
    assert "Every weight starts at random" in of(strategy={"name": "fine_tuning"}, model={"weights": "none"})


def test_one_group_after_the_other_is_explained():
    text = of(strategy={"name": "fine_tuning", "unfreeze_every": 2}, model={"backbone": "resnet18"})
    assert "The layers learn on, one group after the other" in text
    assert "every 2 epochs the next one, towards the first layers, joins" in text
    assert "All layers learn on" not in text
    assert "All layers learn on" in of(strategy={"name": "fine_tuning"})


def test_a_schedule_is_explained_by_what_it_does():
    assert "The rate first climbs, over 30 % of the training, from a 25th" in of(schedule={"name": "one_cycle"})
    assert "the rate is multiplied by 0.1" in of(schedule={"name": "plateau"})
    assert "After an epoch in a row" not in of(schedule={"name": "plateau", "patience": 0})
    assert "A learning rate that changes" not in of(schedule={"name": "constant"})


def test_a_recipe_with_unknown_names_is_explained_without_them():
    text = of(model={"backbone": "later"}, optimizer={"name": "later"}, schedule={"name": "later"})
    assert "later takes the steps" in text
