"""Which images an edit means after files were renamed, changed or deleted, and what the notes say."""

import shutil

import pytest

from tlcore.config import DataConfig
from tlcore.data.catalog import fingerprint, open_dataset
from tlcore.errors import ConfigError, DatasetInvalid


def ids(source: str) -> set[str]:
    return {sample.id for sample in open_dataset(source).samples}


def notes(source: str) -> str:
    return " ".join(open_dataset(source).notes)


def test_the_notes_say_what_was_mended(source, edits):
    edits.relabel(["train/ants/0.png", "train/ants/1.png"], "bees")
    edits.exclude(["train/ants/2.png"])
    edits.move(["val/ants/0.png"], "train")
    assert "Mended by 3 edits: 2 images with another label, 1 image left out, 1 image in another split." in notes(
        source
    )


def test_a_dataset_knows_its_edits_and_how_it_was(source, edits):
    assert open_dataset(source).edits is None
    edits.exclude(["train/ants/2.png"])
    dataset = open_dataset(source)
    assert dataset.unedited.samples == open_dataset(DataConfig(source=source, edits=0)).samples
    assert dataset.edits.summary == {"lines": 1, "in_effect": 1, "without_effect": 0, "left_out": 1}


def test_a_renamed_file_is_still_meant(source, edits, root):
    edits.exclude(["train/ants/0.png"])
    (root / "train/ants/0.png").rename(root / "train/ants/renamed.png")
    assert "train/ants/renamed.png" not in ids(source)
    assert len(ids(source)) == 23


def test_a_file_with_another_content_is_not_meant(source, edits, root):
    edits.exclude(["train/ants/0.png"])
    (root / "train/ants/0.png").write_bytes((root / "train/ants/1.png").read_bytes() + b" ")
    assert "train/ants/0.png" in ids(source)
    assert "Edits have no effect on 1 image that is gone or has another content now: 'train/ants/0.png'" in notes(
        source
    )
    assert list(edits.table()["in_effect"]) == [False]


def test_a_copy_that_was_there_is_never_meant_in_place_of_the_other(source, edits, root):
    shutil.copyfile(root / "train/ants/0.png", root / "train/ants/copy.png")
    edits.exclude(["train/ants/0.png"])
    assert "train/ants/copy.png" in ids(source)
    (root / "train/ants/0.png").unlink()
    assert "train/ants/copy.png" in ids(source)


def test_a_copy_that_came_later_is_meant_only_if_the_image_is_gone(source, edits, root):
    edits.exclude(["train/ants/0.png"])
    shutil.copyfile(root / "train/ants/0.png", root / "train/ants/later.png")
    assert "train/ants/later.png" in ids(source)
    (root / "train/ants/0.png").unlink()
    assert "train/ants/later.png" not in ids(source)


def test_two_files_that_swapped_their_names_are_told_apart(source, edits, root):
    edits.relabel(["train/ants/0.png"], "bees")
    first, second = root / "train/ants/0.png", root / "train/ants/1.png"
    first.rename(root / "aside")
    second.rename(first)
    (root / "aside").rename(second)
    dataset = open_dataset(source)
    labels = {sample.id: dataset.classes[sample.target] for sample in dataset.samples}
    assert labels["train/ants/0.png"] == "ants"
    assert labels["train/ants/1.png"] == "bees"


def test_edits_that_no_longer_fit_the_files_are_refused_with_the_way_out(source, edits, root):
    edits.exclude(["train/ants/0.png"])
    for number in range(1, 6):
        (root / f"train/ants/{number}.png").unlink()
    with pytest.raises(DatasetInvalid, match=r"train would have no images of 'ants'\. Undo edits, or discard them all"):
        open_dataset(source)
    assert list(edits.table()["in_effect"]) == [True]
    assert edits.undo() == "1 image left out"
    assert len(ids(source)) == 19


def test_a_label_that_is_gone_changes_nothing(source, edits, root, put):
    put("train/wasps", 2)
    edits.relabel(["train/ants/0.png"], "wasps")
    shutil.rmtree(root / "train/wasps")
    dataset = open_dataset(source)
    assert next(dataset.classes[s.target] for s in dataset.samples if s.id == "train/ants/0.png") == "ants"


def test_edits_are_part_of_the_fingerprint_while_they_are_in_effect(source, edits):
    before = fingerprint(open_dataset(source))
    edits.relabel(["train/ants/0.png"], "bees")
    mended = fingerprint(open_dataset(source))
    assert mended != before
    edits.undo()
    assert fingerprint(open_dataset(source)) == before
    edits.redo()
    assert fingerprint(open_dataset(source)) == mended


def test_notes_on_splits_follow_the_edits(root, put, source, edits):
    put("val/wasps", 1)
    put("train/wasps", 1)
    assert "No images in test of: 'wasps'." in notes(source)
    edits.move(["test/ants/0.png"], "train")
    edits.exclude(["val/wasps/0.png"])
    assert "No images in val of: 'wasps'." in notes(source)
    assert "No images in test of: 'wasps'." in notes(source)
    edits.relabel(["test/bees/0.png"], "wasps")
    assert "No images in test of" not in notes(source)


def test_more_edits_than_there_are_are_refused(source, edits):
    edits.exclude(["train/ants/0.png"])
    with pytest.raises(ConfigError, match="2 edits are asked for, and the dataset has 1"):
        open_dataset(DataConfig(source=source, edits=2))
