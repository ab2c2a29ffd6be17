"""Fitting a recipe to this machine: where its data is, and another backbone instead of its own."""

import pytest

from tlcore.errors import DatasetNotFound
from tlcore.recipes.builtin import BUILTIN
from tlcore.recipes.fitting import find_data, missing_data, recipe_config
from tlcore.transforms.spec import CenterCrop, RandomHorizontalFlip, RandomResizedCrop, Resize

FROZEN = BUILTIN["ants-bees-resnet18-frozen"]


def test_data_under_the_data_root_is_found_by_its_folders_name(make_images, home):
    folder = make_images("home/datasets/hymenoptera_data", train=2, val=1)
    assert folder.is_relative_to(home)
    assert find_data(FROZEN) == str(folder)
    assert missing_data(FROZEN) == ""
    assert recipe_config(FROZEN).data.source == str(folder)


def test_data_is_found_below_the_current_folder_where_tutorials_unpack_it(make_images, tmp_path, monkeypatch):
    folder = make_images("work/data/hymenoptera_data", train=2, val=1)
    monkeypatch.chdir(tmp_path / "work")
    assert find_data(FROZEN) == str(folder)


def test_missing_data_is_described_with_its_source_and_its_place(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetNotFound) as error:
        recipe_config(FROZEN)
    message = str(error.value)
    assert "photographs of ants and bees in class folders, 244 to train on and 153 to validate" in message
    assert "https://download.pytorch.org/tutorial/hymenoptera_data.zip" in message
    assert f"Put it at {home / 'datasets' / 'hymenoptera_data'}." in message
    assert error.value.cli == "Or point to a copy with --data PATH."
    assert missing_data(FROZEN) == message


def test_a_name_too_long_for_a_folder_is_data_that_is_missing(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = FROZEN.config.data.model_copy(update={"source": "a" * 300})
    recipe = FROZEN.model_copy(update={"config": FROZEN.config.model_copy(update={"data": data})})
    with pytest.raises(DatasetNotFound, match="Put it at"):
        find_data(recipe)
    assert missing_data(recipe)


@pytest.mark.parametrize("recipe", BUILTIN.values(), ids=list(BUILTIN))
def test_every_recipe_takes_its_data_from_a_path_that_is_given(recipe, tmp_path):
    assert recipe_config(recipe, str(tmp_path)).data.source == str(tmp_path)


def test_without_changes_a_recipe_is_its_own_settings(tmp_path):
    config = recipe_config(FROZEN, str(tmp_path))
    assert config.model_copy(update={"data": FROZEN.config.data}) == FROZEN.config


def test_another_backbone_gets_images_of_its_own_size_and_the_numbers_of_its_weights(tmp_path):
    recipe = BUILTIN["cats-dogs-resnet18"]
    config = recipe_config(recipe, str(tmp_path), backbone="small_cnn")
    assert config.model.backbone == "small_cnn"
    assert config.train_transform.operations == (
        Resize(size=(37, 37)),
        RandomResizedCrop(size=32),
        RandomHorizontalFlip(),
    )
    assert config.eval_transform.operations == (Resize(size=32), CenterCrop(size=32))
    assert config.train_transform.mean == config.eval_transform.mean == (0.5, 0.5, 0.5)
    assert (config.optimizer, config.epochs, config.batch_size) == (recipe.config.optimizer, 13, 32)


def test_a_backbone_of_the_same_size_changes_nothing_but_the_network(tmp_path):
    config = recipe_config(FROZEN, str(tmp_path), backbone="mobilenet_v2", weights="file.pth")
    assert (config.model.backbone, config.model.weights) == ("mobilenet_v2", "file.pth")
    assert config.train_transform == FROZEN.config.train_transform
    assert config.eval_transform == FROZEN.config.eval_transform


@pytest.mark.parametrize("place", [".", "FashionMNIST", "FashionMNIST/raw"])
def test_a_path_to_torchvisions_own_files_is_where_its_dataset_is_read(tmp_path, place):
    (tmp_path / "FashionMNIST/raw").mkdir(parents=True)
    config = recipe_config(BUILTIN["fashion-mnist"], str(tmp_path / place))
    assert (config.data.source, config.data.images) == ("FashionMNIST", str(tmp_path))
