import shutil

import pytest

from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.data.intake.library import add_path, free_name, list_sources, removal_of, remove, rename
from tlcore.errors import DatasetInvalid, DatasetNotFound


@pytest.fixture
def datasets(home):
    """`datasets("flowers/train/rose/1.jpg")` makes that empty file, and the folders around it."""

    def make(*names: str) -> None:
        for name in names:
            path = home / "datasets" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    return make


def test_built_in_datasets_are_there_at_once():
    assert list_sources() == ["demo"]


def test_folders_with_class_folders_are_datasets_and_others_are_not(datasets, home):
    datasets("flowers/train/rose/1.jpg", "birds/owl/1.PNG", "notes/today.txt", "loose/1.jpg", ".incoming/1-x/a/b/1.jpg")
    assert list_sources() == ["demo", str(home / "datasets/birds"), str(home / "datasets/flowers")]


def test_a_table_beside_images_is_a_dataset(datasets, home):
    datasets("cells/labels.csv", "cells/1.png", "cells/notes.txt")
    assert list_sources() == ["demo", str(home / "datasets/cells/labels.csv")]


def test_torchvision_sets_are_there_when_their_files_are(datasets, home):
    datasets(*(f"cifar-10-batches-py/{name}" for name in ("test_batch", "batches.meta")))
    assert list_sources() == ["demo"]
    datasets(*(f"cifar-10-batches-py/data_batch_{number}" for number in range(1, 6)))
    assert list_sources() == ["demo", "CIFAR10"]


def test_the_environment_names_further_roots(monkeypatch, make_images, tmp_path):
    one, two = make_images("roots/one", train=1), make_images("set", train=1)
    monkeypatch.setenv("TLCORE_DATA", f"{tmp_path / 'roots'}:{two}:{tmp_path / 'none'}")
    assert list_sources() == ["demo", str(one), str(two)]


def test_an_added_path_stays_until_it_is_forgotten_or_gone(make_images, tmp_path):
    root = make_images(train=2)
    source = add_path(f' "{root}" ')
    assert add_path(str(root)) == source == str(root)
    assert list_sources() == ["demo", source]
    remove(source)
    assert root.is_dir()
    assert list_sources() == ["demo"]
    add_path(str(root))
    root.rename(tmp_path / "elsewhere")
    assert list_sources() == ["demo"]


@pytest.mark.parametrize("path", ["", "/no/such/place", "nul\0", "x" * 5000])
def test_a_path_to_nothing_is_refused(path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((DatasetNotFound, DatasetInvalid)):
        add_path(path or "./none")


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "x.zip").touch()
    with pytest.raises(DatasetInvalid, match="neither a folder nor a table"):
        add_path(str(tmp_path / "x.zip"))


def test_a_damaged_record_is_an_empty_one(home):
    home.mkdir()
    (home / "datasets.json").write_text('{"paths": 7}')
    assert list_sources() == ["demo"]


def test_a_free_name_is_new_whatever_the_case(datasets):
    datasets("Flowers/a/1.jpg", "flowers-2/a/1.jpg")
    assert free_name("flowers") == "flowers-3"
    assert free_name("MNIST") == "MNIST-2"


def test_an_uploaded_dataset_is_deleted_when_it_is_removed(datasets, home):
    datasets("flowers/rose/1.jpg", "cells/cells.csv", "cells/1.png")
    table = add_path(str(home / "datasets/cells/cells.csv"))
    remove(str(home / "datasets/flowers"))
    remove(table)
    assert list_sources() == ["demo"]
    assert list((home / "datasets").iterdir()) == []


def test_what_removing_would_do_is_known_before(datasets, make_images, tmp_path, home, monkeypatch):
    datasets("flowers/rose/1.jpg")
    added = add_path(str(make_images("elsewhere/plates", train=1)))
    under_root = add_path(str(make_images("roots/one", train=1)))
    monkeypatch.setenv("TLCORE_DATA", str(tmp_path / "roots"))
    assert removal_of(str(home / "datasets/flowers")) == "deleted"
    assert removal_of(added) == "forgotten"
    assert [removal_of(source) for source in (under_root, "demo", "MNIST", "/nothing")] == [None] * 4
    with pytest.raises(DatasetInvalid, match="was not uploaded here"):
        remove(under_root)


@pytest.mark.parametrize("source", ["demo", "MNIST"])
def test_built_in_datasets_are_not_removed_or_renamed(source, datasets):
    for change in (remove, lambda name: rename(name, "x")):
        with pytest.raises((DatasetInvalid, DatasetNotFound), match=r"was not uploaded here|There is no dataset"):
            change(source)


def test_datasets_outside_the_library_are_never_deleted(monkeypatch, make_images, tmp_path, home):
    one = make_images("roots/one", train=1)
    monkeypatch.setenv("TLCORE_DATA", str(tmp_path / "roots"))
    with pytest.raises(DatasetInvalid, match="was not uploaded here, so it stays as it is"):
        remove(str(one))
    for source in (str(home / "datasets"), str(home), f"{home}/datasets/../../roots/one", f"{home}/datasets/none"):
        with pytest.raises(DatasetNotFound, match="There is no dataset"):
            remove(source)
    assert one.is_dir()


def test_an_uploaded_dataset_is_renamed(datasets, home):
    datasets("flowers/rose/1.jpg", "birds/owl/1.png", "cells/cells.csv", "cells/1.png")
    table = add_path(str(home / "datasets/cells/cells.csv"))
    assert rename(str(home / "datasets/flowers"), "Birds") == str(home / "datasets/Birds-2")
    assert rename(table, "tissue/x") == str(home / "datasets/tissue_x/tissue_x.csv")
    assert list_sources() == [
        "demo",
        *(str(home / "datasets" / name) for name in ("Birds-2", "birds", "tissue_x/tissue_x.csv")),
    ]


def test_a_renamed_dataset_keeps_its_edits_and_a_deleted_one_leaves_none(make_images, home):
    source = str(home / "datasets" / "paints")
    (home / "datasets").mkdir(exist_ok=True, parents=True)
    shutil.move(make_images("paints", train=4, val=2), source)
    open_edits(source).exclude(["train/blue/000.png"])
    renamed = rename(source, "colours")
    assert len(open_dataset(renamed).samples) == 11
    assert open_edits(source).version == 0
    remove(renamed)
    shutil.move(make_images("again", train=4, val=2), renamed)
    assert len(open_dataset(renamed).samples) == 12


def test_a_name_that_it_has_already_changes_nothing(datasets, home):
    datasets("flowers/rose/1.jpg")
    assert rename(str(home / "datasets/flowers"), "flowers") == str(home / "datasets/flowers")


def test_a_folder_of_several_tables_is_one_dataset(datasets, home):
    datasets("cells/train.csv", "cells/test.csv", "cells/1.png")
    assert list_sources() == ["demo", str(home / "datasets/cells")]


def test_images_of_other_endings_make_a_dataset(home, datasets):
    datasets("birds/owl/1.gif")
    plain = home / "datasets/bugs/ant/plain"
    plain.parent.mkdir(parents=True)
    plain.write_bytes(b"GIF89a")
    assert list_sources() == ["demo", str(home / "datasets/birds"), str(home / "datasets/bugs")]
