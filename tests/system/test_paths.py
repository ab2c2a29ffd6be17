from pathlib import Path

import pytest

from tlcore.data.catalog import open_dataset
from tlcore.data.intake.library import add_path
from tlcore.errors import ConfigError, DatasetNotFound, WeightsError
from tlcore.models.saved_model import read_saved_model
from tlcore.models.weights import weights_file
from tlcore.models.zoo import ZOO
from tlcore.system.paths import check_path_text, given_path

NO_USER = "~" + "a" * 40 + "/photos"
ODD = ["a" * 300, NO_USER, "~a\0b", "a\0b"]


def test_a_home_is_filled_in(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")
    assert given_path("~/photos") == Path("/home/me/photos")


@pytest.mark.parametrize("text", ODD)
def test_what_no_path_can_be_stays_as_it_is(text):
    assert given_path(text) == Path(text)


def test_text_as_long_as_a_path_can_be_is_taken():
    assert check_path_text("a" * 4096) == "a" * 4096
    with pytest.raises(ValueError, match="4,097 characters"):
        check_path_text("a" * 4097)


@pytest.mark.parametrize("text", ODD)
def test_a_dataset_at_no_possible_path_is_not_found(text):
    with pytest.raises(DatasetNotFound, match="There is nothing at"):
        open_dataset(text)


def test_a_dataset_of_no_possible_name_is_refused():
    with pytest.raises(ConfigError, match="data.source: 5,000 characters"):
        open_dataset("a" * 5000)


@pytest.mark.parametrize("text", ODD)
def test_no_possible_path_can_be_added_to_the_datasets(text, home):
    with pytest.raises(DatasetNotFound, match="There is nothing at"):
        add_path(text)


@pytest.mark.parametrize("text", ODD)
def test_weights_at_no_possible_path_are_missing(text):
    file = weights_file(ZOO["small_cnn"], f"{text}.pth")
    with pytest.raises(WeightsError, match="No weights file at"):
        read_saved_model(file)
