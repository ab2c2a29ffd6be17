"""Recipes on the Train page: cards, filling the form, the page of a recipe, saved recipes."""

import json
from pathlib import Path

import pytest
import streamlit as st

from tests.support.pages import checked, click, open_page, text_of
from tests.support.visitors import visit
from tlcore.data.catalog import fingerprint, open_dataset
from tlcore.evaluation.evaluate import evaluate_run
from tlcore.recipes.builtin import BUILTIN
from tlcore.recipes.fitting import recipe_config
from tlcore.recipes.recipe import RUN_INFO_KEY, Recipe
from tlcore.recipes.saved import find_recipe, list_recipes, save_recipe
from tlcore.runs.folder.run import Run, create_run, find_run
from tlcore.runs.work.execute import execute
from tlcore.runs.work.probes import Probe
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve
from tlcore.training.views import Views
from tlcore.words import percent


@pytest.fixture(autouse=True)
def _fresh(drawn_demo, home, monkeypatch):
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    for folder in (home / "cache" / "probes").glob("*"):
        Probe(folder).cancel()


@pytest.fixture
def hymenoptera(make_images) -> Path:
    return make_images("home/datasets/hymenoptera_data", train=6, val=4)


@pytest.fixture
def small() -> Recipe:
    """A recipe on the demo that is small enough for a test."""
    config = BUILTIN["ants-bees-vgg16-finetune"].config.replace(
        data={"source": "demo"},
        model={"backbone": "small_cnn", "weights": "none"},
        train_transform={"operations": [{"op": "RandomResizedCrop", "size": 32}]},
        eval_transform={"operations": [{"op": "Resize", "size": 36}, {"op": "CenterCrop", "size": 32}]},
        batch_size=48,
        epochs=1,
    )
    return Recipe(name="mine", title="Mine, in *small*", summary="Quick", config=config, exercise="Of <b>mine</b>.")


def test_every_recipe_is_a_card_with_its_network_data_and_expectation():
    page = open_page("train", view="recipes")
    text = text_of(page)
    for recipe in BUILTIN.values():
        assert recipe.title in text
        assert recipe.summary in text
        assert recipe.expect in text
    assert "resnet18, fine-tuned" in text
    assert "hymenoptera_data.zip" in text  # how to get missing data
    assert len(page.get("image")) == len(BUILTIN)


def test_lessons_that_run_at_once_come_first():
    page = open_page("train", view="recipes")
    first = [button.key for button in page.button if str(button.key).startswith("recipe_use_")][:3]
    assert first == [f"recipe_use_{name}" for name in ("demo-frozen", "demo-fine-tuned", "demo-from-scratch")]
    assert len(list(page.get("popover"))) == len(BUILTIN) - 4  # how to get data: not these, nor one to ask


def test_a_hosted_dashboard_says_how_to_get_the_data_and_hides_its_folders(monkeypatch, home):
    visit(monkeypatch)
    text = text_of(open_page("train", view="recipes"))
    assert "hymenoptera_data.zip" in text
    assert str(home) not in text


def test_a_click_fills_the_whole_form_and_chooses_the_data(hymenoptera):
    page = click(open_page("train", view="recipes"), "recipe_use_ants-bees-vgg16-finetune")
    assert page.query_params["view"] == "new"
    assert page.query_params["dataset"] in (hymenoptera.name, [hymenoptera.name])
    assert page.selectbox(key="train_model_backbone").value == "vgg16"
    assert page.segmented_control(key="train_strategy_name").value == "fine_tuning"
    assert page.selectbox(key="train_views").value == Views("preset", "gentle")
    rates = {"strategy_learning_rates_features": 1e-4, "strategy_learning_rates_classifier": 5e-4}
    rates["optimizer_learning_rate"] = 1e-3
    assert {key: page.number_input(key=f"train_{key}").value for key in rates} == rates
    assert page.number_input(key="train_epochs").value == 2
    rates = page.table[0].value.set_index("Layer group")["Learning rate"]
    assert (rates["block1"], rates["classifier"], rates["head"]) == ("0.0001", "0.0005", "0.001")
    assert "Filled from the recipe" in text_of(page)


@pytest.mark.parametrize("name", ["ants-bees-resnet18-frozen", "ants-bees-vgg16-finetune", "demo-from-scratch"])
def test_what_the_form_saves_is_the_recipe(name):
    page = click(open_page("train", view="recipes"), f"recipe_use_{name}")
    checked(page.text_input(key="recipe_title").set_value("As it stands").run())
    click(page, "recipe_save")
    data = {"data": {"source": "demo"}}  # the page's dataset, because the recipe's own is not here
    assert find_recipe("as-it-stands").config == BUILTIN[name].config.replace(**data)


def test_another_backbone_keeps_the_recipes_views_at_its_own_size(hymenoptera):
    page = click(open_page("train", view="recipes"), "recipe_use_ants-bees-resnet18-frozen")
    page.selectbox(key="train_model_backbone").set_value("small_cnn").run()
    page.selectbox(key="train_model_weights").set_value("none").run()
    checked(page.text_input(key="recipe_title").set_value("Smaller").run())
    click(page, "recipe_save")
    config = find_recipe("smaller").config
    assert [step.op for step in config.train_transform.operations] == ["RandomResizedCrop", "RandomHorizontalFlip"]
    assert config.train_transform.operations[0].size == 32
    assert config.eval_transform.mean == (0.5, 0.5, 0.5)
    assert (config.epochs, config.batch_size, config.optimizer.name) == (25, 4, "sgd")


def test_begin_anew_resets_the_form(hymenoptera):
    page = click(open_page("train", view="recipes"), "recipe_use_ants-bees-resnet18")
    click(page, "train_origin_forget")
    assert page.selectbox(key="train_model_backbone").value == "efficientnet_lite0"
    assert page.number_input(key="train_epochs").value == 13
    assert "Filled from" not in text_of(page)


def test_a_run_started_from_a_recipe_says_so_and_its_figures_come_from_that_run(small, monkeypatch):
    save_recipe(small)
    page = click(open_page("train", view="recipes"), "recipe_use_mine")
    monkeypatch.setattr("tlcore.runs.work.jobs.start", lambda runs: None)
    click(page, "train_start")
    run = find_run("latest")
    assert run.info.recipe == "mine"
    assert run.config.strategy.name == small.config.strategy.name
    assert run.config.batch_size == 48  # not a value of the form's slider


def trained(recipe: Recipe, **changes) -> Run:
    config = recipe_config(recipe).replace(device="cpu", precision="fp32", workers=0, **changes)
    dataset = open_dataset(config.data)
    plan = plan_run(resolve(config), dataset)
    run = create_run(plan.config, dataset, fingerprint(dataset), {RUN_INFO_KEY: recipe.name})
    for _ in execute(run, plan):
        pass
    for _ in evaluate_run(run):
        pass
    return run


def test_the_page_of_a_recipe_explains_each_setting_with_figures_of_its_run(small):
    save_recipe(small)
    run = trained(small)
    page = open_page("train", view="recipes", recipe="mine")
    headings = [element.value for element in page.subheader]
    assert headings[0] == "The exercise"
    assert "Different learning rates" in headings
    assert "What the checkpoints show" in headings
    assert "Of <b>mine</b>." in text_of(page)  # shown as text, not as markup
    specs = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    titles = [spec["layout"]["yaxis"]["title"]["text"] for spec in specs]
    assert titles == ["moved by", "learning rate", "loss", "accuracy"]
    galleries = [json.loads(element.proto.json) for element in page.get("bidi_component")]
    assert len(galleries[-1]["groups"][0]["pictures"]) == 20  # predictions come last, after the images to look at
    assert f"Epoch 0 has {percent(run.history()[0].val_accuracy)} on val" in text_of(page)


def test_without_a_run_the_page_says_what_is_missing(hymenoptera):
    page = open_page("train", view="recipes", recipe="ants-bees-vgg16")
    assert "There is no run of this recipe yet" in text_of(page)
    assert not page.get("plotly_chart")
    assert "learned from a million photographs" in text_of(page)
    assert "Below is" not in text_of(page)  # no figure, so nothing that points at one
    click(page, "recipe_all")
    assert "recipe" not in page.query_params


def test_an_unknown_recipe_in_the_address_shows_all():
    page = open_page("train", view="recipes", recipe="../../etc/passwd.json")
    assert "There is no recipe of that name here" in text_of(page)
    assert BUILTIN["fashion-mnist"].title in text_of(page)


def test_a_saved_recipe_is_a_card_that_can_be_deleted(small):
    save_recipe(small)
    page = open_page("train", view="recipes")
    assert "Mine, in *small*" in text_of(page)
    click(page, "recipe_delete_mine")
    assert [recipe.name for recipe in list_recipes()] == list(BUILTIN)


def test_a_saved_recipe_that_is_damaged_is_said_to_be_left_out(home, monkeypatch):
    (home / "recipes").mkdir(parents=True)
    (home / "recipes" / "torn.json").write_text("{")
    text = text_of(open_page("train", view="recipes"))
    assert "1 recipe left out, unreadable" in text
    assert "torn.json is not a recipe" in text
    visit(monkeypatch)
    text = text_of(open_page("train", view="recipes"))
    assert "1 recipe left out, unreadable:  \ntorn" in text
    assert str(home) not in text


def test_a_name_that_is_taken_is_asked_about(small):
    save_recipe(small)
    page = open_page("train", view="new")
    page.text_input(key="recipe_title").set_value("mine").run()
    click(page, "recipe_save")
    assert "There is another recipe named 'mine'" in text_of(page)
    click(page, "recipe_replace")
    assert find_recipe("mine").title == "mine"


def test_a_shared_file_is_added_or_refused(small):
    page = open_page("train", view="recipes")
    page.get("file_uploader")[0].set_value(("bad.json", b'{"name": "x"}', "application/json")).run()
    assert "bad.json is not a recipe" in text_of(checked(page))
    good = json.dumps(small.model_dump(mode="json")).encode()
    page.get("file_uploader")[0].set_value(("good.json", good, "application/json")).run()
    click(page, "recipe_add")
    assert find_recipe("mine") == small


def test_asking_a_pretrained_network_leads_to_the_predict_page(monkeypatch):
    page = open_page("train", view="recipes")
    click(page, "recipe_use_imagenet-predict")
    assert page.title[0].value == "Predict"
    assert page.segmented_control(key="predict_kind").value == "imagenet"
