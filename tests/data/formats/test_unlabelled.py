"""Photographs without labels: how such a folder opens, is listed, and what opening it as a dataset says."""

import io
import shutil
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from tlcore.data.catalog import open_dataset
from tlcore.data.formats.unlabelled import open_unlabelled
from tlcore.data.intake.inputs import open_photographs
from tlcore.data.intake.library import (
    add_path,
    add_unlabelled,
    list_sources,
    list_unlabelled,
    removal_of_unlabelled,
    remove_unlabelled,
    rename_unlabelled,
    store_unlabelled,
    store_unlabelled_zip,
)
from tlcore.errors import DatasetInvalid, DatasetNotFound

ADVICE = "Photographs without labels can be predicted by a run, on the Predict page under Many images"


@pytest.fixture
def loose(tmp_path):
    folder = tmp_path / "competition"
    (folder / "more").mkdir(parents=True)
    for number in range(4):
        image = Image.new("RGB", (8, 8), (number, 0, 0))
        image.save(folder / f"{number}.png")
        image.save(folder / "more" / f"{number}.jpg")
    (folder / "sample_submission.txt").write_text("id,label")
    return folder


def test_every_image_below_the_folder_is_one_of_the_photographs(loose):
    photographs = open_unlabelled(loose)
    assert photographs.ids == ("0.png", "1.png", "2.png", "3.png", *(f"more/{number}.jpg" for number in range(4)))
    assert photographs.source.load("more/1.jpg").shape == (3, 8, 8)
    assert photographs.notes == ("Not counted: 1 file, no images, like sample_submission.txt.",)


def test_nothing_there_and_no_image_are_said(tmp_path):
    with pytest.raises(DatasetNotFound, match=r"^There is no folder .*/nowhere\. Check the path\.$"):
        open_unlabelled(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetInvalid, match=r"^There are no images in .*/empty, with files of JPEG, PNG"):
        open_unlabelled(tmp_path / "empty")


def test_opening_it_as_a_dataset_says_what_it_is_good_for(loose, tmp_path):
    shutil.rmtree(loose / "more")
    with pytest.raises(DatasetInvalid, match=rf"in no class folder .*{ADVICE}") as raised:
        open_dataset(str(loose))
    assert raised.value.cli == "The command is `predict RUN FOLDER`."
    (tmp_path / "one").mkdir()
    shutil.copytree(loose, tmp_path / "one" / "pictures")
    with pytest.raises(DatasetInvalid, match=rf"has one class only, 'pictures'.*{ADVICE}"):
        open_dataset(str(tmp_path / "one"))


def test_the_library_lists_them_apart_from_datasets(loose, make_images, home):
    dataset = make_images("home/datasets/colours", train=3, val=3)
    shutil.copytree(loose, dataset / "test")
    shutil.rmtree(dataset / "test" / "more")
    shutil.copytree(dataset / "test", home / "datasets" / "shots")
    assert list_sources() == ["demo", str(dataset)]
    assert list_unlabelled() == [str(dataset / "test"), str(home / "datasets" / "shots")]


def test_a_folder_elsewhere_is_remembered_beside_the_datasets(loose, make_images):
    colours = add_path(str(make_images(train=3, val=3)))
    assert add_unlabelled(f" '{loose}' ") == str(loose)
    assert add_unlabelled(str(loose)) == str(loose)
    assert (list_sources(), list_unlabelled()) == (["demo", colours], [str(loose)])
    shutil.rmtree(loose)
    assert list_unlabelled() == []
    with pytest.raises(DatasetNotFound, match="There is nothing at '/no/such/place'"):
        add_unlabelled("/no/such/place")


def test_uploads_are_checked_and_stored_in_a_folder_of_their_own(loose, home):
    uploads = [(f"../{number}.png", io.BytesIO((loose / f"{number}.png").read_bytes())) for number in (0, 1, 1)]
    source, taken = store_unlabelled("my shots", [*uploads, ("x.png", io.BytesIO(b"text"))])
    assert source == str(home / "datasets" / "my shots")
    assert taken.names == ("0.png", "1.png")
    assert [image.id for image in taken.skipped] == ["../1.png", "x.png"]
    assert list_unlabelled() == [source]
    with pytest.raises(DatasetInvalid, match=r"^No photograph is among these files: x.png is not an image"):
        store_unlabelled("none", [("x.png", io.BytesIO(b"text"))])
    assert list_unlabelled() == [source]


def test_an_uploaded_zip_is_stored_as_it_is_and_listed(loose, home):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.write(loose / "0.png", "in/0.png")
    first, second = store_unlabelled_zip("shots", data), store_unlabelled_zip("shots", data)
    assert [first, second] == [str(home / "datasets" / name) for name in ("shots.zip", "shots-2.zip")]
    assert list_unlabelled() == [first, second]
    assert open_photographs(first).ids == ("in/0.png",)
    with pytest.raises(DatasetInvalid, match="This is not a zip file"):
        store_unlabelled_zip("shots", io.BytesIO(b"text"))


def test_a_list_is_for_the_command_line(loose, tmp_path):
    (tmp_path / "list.txt").write_text("a.png")
    with pytest.raises(DatasetInvalid, match="is a list of paths, which the command line reads"):
        add_unlabelled(str(tmp_path / "list.txt"))
    with pytest.raises(DatasetInvalid, match="neither a folder, nor a zip, nor a list of paths"):
        add_unlabelled(str(loose / "0.png"))


def test_stored_photographs_are_renamed_and_deleted_and_a_folder_elsewhere_is_only_forgotten(loose, make_images, home):
    stored, _ = store_unlabelled("shots", [("0.png", io.BytesIO((loose / "0.png").read_bytes()))])
    added = add_unlabelled(str(loose))
    dataset = make_images("home/datasets/colours", train=3, val=3)
    shutil.copytree(stored, dataset / "test")
    assert [removal_of_unlabelled(path) for path in (stored, added)] == ["deleted", "forgotten"]
    renamed = rename_unlabelled(stored, "colours")  # a name that is taken
    assert renamed == str(home / "datasets" / "colours-2")
    remove_unlabelled(renamed)
    remove_unlabelled(added)
    assert (loose / "0.png").exists()
    assert not Path(renamed).exists()
    assert list_unlabelled() == [str(dataset / "test")]
    with pytest.raises(DatasetInvalid, match="was not uploaded here, so it stays as it is"):
        remove_unlabelled(str(dataset / "test"))
    with pytest.raises(DatasetNotFound, match="There are no photographs .*shots on the list"):
        remove_unlabelled(stored)


def test_a_stored_zip_is_renamed_and_deleted(loose, home):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.write(loose / "0.png", "0.png")
    first, second = store_unlabelled_zip("shots", data), store_unlabelled_zip("more", data)
    assert removal_of_unlabelled(first) == "deleted"
    renamed = rename_unlabelled(first, "more")  # a name that is taken
    assert renamed == str(home / "datasets" / "more-2.zip")
    assert rename_unlabelled(renamed, "more-2") == renamed
    assert list_unlabelled() == [renamed, second]
    remove_unlabelled(renamed)
    assert list_unlabelled() == [second]
    assert not Path(renamed).exists()
