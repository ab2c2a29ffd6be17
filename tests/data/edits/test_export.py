"""The mended set in a folder of its own: what is in it, what it never does to other folders."""

import os
import shutil

import pandas as pd
import pytest
from PIL import Image

from tlcore.data.catalog import open_dataset
from tlcore.data.dataset import Dataset
from tlcore.data.edits import Edits, export as export_module, open_edits
from tlcore.data.edits.export import export_edited
from tlcore.data.formats.unlabelled import open_unlabelled
from tlcore.errors import StorageError
from tlcore.system.drive import drive


def exported(source: str, folder, **options):
    dataset = open_dataset(source)
    return drive(export_edited(dataset, open_edits(source, dataset), folder, **options), lambda event: None)


def contents(dataset: Dataset) -> list[tuple[str, str, str]]:
    """Content, label and split of each image, whatever it is called."""
    digests = dataset.source.digests([sample.id for sample in dataset.samples])
    return sorted(
        (digest, dataset.classes[sample.target], sample.split)
        for digest, sample in zip(digests, dataset.samples, strict=True)
    )


@pytest.fixture
def mended(source, edits) -> Edits:
    edits.relabel(["train/ants/0.png"], "bees", "wings")
    edits.exclude(["train/ants/1.png"], "=HYPERLINK(1)")
    edits.move(["test/bees/0.png"], "train")
    edits.exclude(["train/ants/2.png"])
    edits.undo()
    return edits


@pytest.mark.parametrize("form", ["folders", "csv"])
@pytest.mark.parametrize("copy", [False, True])
def test_the_mended_set_opens_as_the_same_dataset(source, mended, tmp_path, form, copy):
    done = exported(source, tmp_path / "out", form=form, copy=copy)
    written = open_dataset(str(tmp_path / "out"))
    assert contents(written) == contents(open_dataset(source))
    assert written.made_splits == ()
    assert (done.linked, done.copied) == ((0, 23) if copy else (23, 0))
    if form == "csv":
        assert contents(open_dataset(str(tmp_path / "out" / "dataset.csv"))) == contents(open_dataset(source))


def test_two_images_of_one_name_both_arrive(source, mended, tmp_path):
    exported(source, tmp_path / "out")
    assert (tmp_path / "out/train/bees/0.png").exists()
    assert (tmp_path / "out/train/bees/0-2.png").exists()
    assert (tmp_path / "out/train/bees/0-3.png").exists()


def test_hard_links_are_the_same_files_and_copies_are_not(source, mended, tmp_path):
    exported(source, tmp_path / "links")
    exported(source, tmp_path / "copies", copy=True)
    original = os.path.join(source, "val/ants/0.png")
    assert os.path.samefile(original, tmp_path / "links/val/ants/0.png")
    assert not os.path.samefile(original, tmp_path / "copies/val/ants/0.png")


def test_where_links_cannot_be_made_files_are_copied(source, mended, tmp_path, monkeypatch):
    def refuse(*paths):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    assert exported(source, tmp_path / "out").copied == 23


def test_the_table_of_changes_says_what_and_why_and_has_no_formulas(source, mended, tmp_path):
    exported(source, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "changes.csv", keep_default_na=False)
    assert list(table["id"]) == ["train/ants/0.png", "train/ants/1.png", "test/bees/0.png"]
    assert list(table["action"]) == ["relabel", "exclude", "move"]
    assert list(table["before"]) == ["ants", "", "test"]
    assert list(table["after"]) == ["bees", "left out", "train"]
    assert list(table["why"]) == ["wings", "'=HYPERLINK(1)", ""]
    assert list(table["file"]) == ["train/bees/0-2.png", "", "train/bees/0.png"]


@pytest.mark.parametrize("form", ["folders", "csv"])
def test_added_photographs_are_in_the_mended_set_and_in_the_table_of_changes(source, mended, tmp_path, form):
    for number in range(3):
        (tmp_path / "shots").mkdir(exist_ok=True)
        Image.new("RGB", (5, 4), (200, number, 90)).save(tmp_path / "shots" / f"{number}.png")
    shots = open_unlabelled(tmp_path / "shots")
    mended.add({"0.png": "ants", "1.png": "bees"}, shots.source, split="val", why="sure")
    mended.add({"2.png": "ants"}, shots.source)
    mended.exclude([sample.id for sample in open_dataset(source).samples if sample.id.endswith("/2.png")][:1])
    mended.include(["train/ants/1.png"])
    shutil.rmtree(tmp_path / "shots")
    exported(source, tmp_path / "out", form=form)
    written, whole = open_dataset(str(tmp_path / "out")), open_dataset(source)
    assert len(whole.samples) == 24 + 3 - 1
    assert contents(written) == contents(whole)
    table = pd.read_csv(tmp_path / "out" / "changes.csv", keep_default_na=False)
    added = table[table["action"] == "add"]
    assert added["after"].tolist() == ["ants", "bees", "ants"]
    assert added["why"].tolist() == ["sure", "sure", ""]
    here = [name for name in added["file"] if name]
    assert len(here) >= 2
    assert all((tmp_path / "out" / name).is_file() for name in here)
    back = table[table["action"] == "include"].iloc[0]
    assert (tmp_path / "out" / back["file"]).is_file()


@pytest.mark.parametrize("there", ["file in it", "file", "link"])
def test_nothing_is_written_over(source, mended, tmp_path, there):
    out, other = tmp_path / "out", tmp_path / "other"
    other.mkdir()
    if there == "file":
        out.write_text("mine")
    elif there == "link":
        out.symlink_to(other)
    else:
        out.mkdir()
        (out / "mine").write_text("mine")
    before = sorted(str(path) for path in tmp_path.rglob("*") if "home" not in str(path))
    with pytest.raises(StorageError, match="is there already and is not empty: nothing is overwritten"):
        exported(source, out)
    assert sorted(str(path) for path in tmp_path.rglob("*") if "home" not in str(path)) == before


def test_an_empty_folder_is_filled(source, mended, tmp_path):
    (tmp_path / "out").mkdir()
    exported(source, tmp_path / "out")
    assert (tmp_path / "out" / "train").is_dir()


@pytest.mark.parametrize("stops", ["closed", "fails"])
def test_nothing_half_written_stays(source, mended, tmp_path, monkeypatch, stops):
    dataset = open_dataset(source)
    work = export_edited(dataset, mended, tmp_path / "place" / "out")
    if stops == "closed":
        next(work)
        work.close()
    else:
        monkeypatch.setattr(export_module, "_write_csv", lambda *arguments: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(StorageError, match=r"Cannot write .*out: full"):
            drive(work, lambda event: None)
    assert list((tmp_path / "place").iterdir()) == []


def test_class_names_that_are_no_folder_names_are_changed_and_said(root, put, tmp_path):
    names = ["a:b", "..", "=1+1", "CON"]
    rows = [
        f"{path.relative_to(root)},{name},{split}"
        for split in ("train", "val")
        for path, name in zip(put(split, len(names)), names, strict=True)
    ]
    source = str(root / "labels.csv")
    (root / "labels.csv").write_text("\n".join(["path,label,split", *rows, ""]))
    assert exported(source, tmp_path / "out").renamed == {"a:b": "a_b", "..": "class", "CON": "_CON"}
    assert sorted(path.name for path in (tmp_path / "out" / "train").iterdir()) == ["=1+1", "_CON", "a_b", "class"]
    assert exported(source, tmp_path / "table", form="csv").renamed == {"=1+1": "'=1+1"}


def test_a_file_that_is_gone_is_said(source, mended, root, tmp_path):
    dataset = open_dataset(source)
    (root / "val/ants/0.png").unlink()
    done = drive(export_edited(dataset, mended, tmp_path / "out"), lambda event: None)
    assert done.left_out == ("val/ants/0.png",)


def test_a_link_that_leads_out_of_the_dataset_is_said_and_not_followed(root, put, tmp_path):
    rows = [
        f"{path.relative_to(root)},{name},{split}"
        for split in ("train", "val")
        for name in ("ants", "bees")
        for path in put(f"{split}/{name}", 2)
    ]
    (root / "labels.csv").write_text("\n".join(["path,label,split", *rows, ""]))
    link = root / "val/ants/0.png"
    link.rename(tmp_path / "elsewhere.png")
    link.symlink_to(tmp_path / "elsewhere.png")
    done = exported(str(root / "labels.csv"), tmp_path / "out")
    assert done.left_out == ("val/ants/0.png",)
    assert (done.linked, done.copied) == (7, 0)


def test_images_without_files_become_png_files(fashion, tmp_path):
    dataset = open_dataset("FashionMNIST")
    assert exported("FashionMNIST", tmp_path / "out").copied == len(dataset.samples)
    written = open_dataset(str(tmp_path / "out"))
    assert written.counts_table()["images"].tolist() == dataset.counts_table()["images"].tolist()
