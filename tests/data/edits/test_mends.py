"""The usual mends of findings, and findings that are called fine."""

import shutil

import pytest
from PIL import Image

from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.data.edits.mends import usual_mend
from tlcore.data.health.audit import Finding, audit
from tlcore.data.health.scan import scan
from tlcore.system.drive import drive


@pytest.fixture
def source(make_images) -> str:
    """Two classes of noise: no image resembles another."""
    return str(make_images(train=5, val=3, test=3))


def looked_at(source: str):
    dataset = open_dataset(source)
    table = drive(scan(dataset), lambda event: None)
    return table, {f.kind: f for f in audit(table, dataset.classes, (), dataset.accepted)}


def mended(source: str, kind: str) -> dict[str, Finding]:
    table, findings = looked_at(source)
    mend = usual_mend(findings[kind], table)
    assert mend is not None
    mend.apply(open_edits(source))
    return looked_at(source)[1]


def copy(source: str, name: str, to: str) -> None:
    shutil.copyfile(f"{source}/{name}", f"{source}/{to}")


def ids(source: str) -> set[str]:
    return {sample.id for sample in open_dataset(source).samples}


def test_a_leaked_image_stays_in_test_and_leaves_train_and_val(source):
    copy(source, "test/blue/000.png", "train/blue/copy.png")
    copy(source, "test/blue/000.png", "val/blue/copy.png")
    copy(source, "val/green/000.png", "train/green/copy.png")
    before = ids(source)
    assert "leak" not in mended(source, "leak")
    assert before - ids(source) == {"train/blue/copy.png", "val/blue/copy.png", "train/green/copy.png"}


def test_one_of_each_duplicate_stays(source):
    copy(source, "train/blue/000.png", "train/blue/copy.png")
    copy(source, "train/blue/000.png", "train/blue/once-more.png")
    before = ids(source)
    assert "duplicates" not in mended(source, "duplicates")
    assert before - ids(source) == {"train/blue/copy.png", "train/blue/once-more.png"}


def test_the_largest_of_nearly_equal_images_stays(source):
    with Image.open(f"{source}/train/blue/000.png") as image:
        image.resize((80, 72)).save(f"{source}/train/blue/larger.png")
    assert "near_duplicates" not in mended(source, "near_duplicates")
    assert "train/blue/larger.png" in ids(source)
    assert "train/blue/000.png" not in ids(source)


def test_what_cannot_be_read_is_left_out(source):
    (open(f"{source}/train/green/bad.png", "wb")).close()
    assert "unreadable" not in mended(source, "unreadable")
    assert "train/green/bad.png" not in ids(source)


def test_conflicting_labels_have_no_usual_mend(source):
    copy(source, "train/blue/000.png", "train/green/copy.png")
    copy(source, "train/blue/001.png", "test/green/copy.png")
    table, findings = looked_at(source)
    assert usual_mend(findings["conflicting_labels"], table) is None
    assert usual_mend(findings["duplicates"], table) is None
    assert usual_mend(findings["leak"], table) is None


def test_groups_with_a_label_too_many_are_left_to_the_user(source):
    copy(source, "train/blue/000.png", "train/green/copy.png")
    copy(source, "train/blue/001.png", "train/blue/copy.png")
    table, findings = looked_at(source)
    mend = usual_mend(findings["duplicates"], table)
    assert mend.ids == ("train/blue/copy.png",)
    assert mend.sentence == (
        "1 image will be left out; one of each stays. 1 group with more than one label is left to you."
    )


def test_a_finding_that_is_called_fine_no_longer_shows_those_images(source):
    copy(source, "train/blue/000.png", "train/blue/copy.png")
    copy(source, "train/blue/001.png", "train/blue/other.png")
    edits = open_edits(source)
    edits.accept("duplicates", ["train/blue/000.png"])
    assert len(looked_at(source)[1]["duplicates"].groups) == 2  # its copy is not called fine yet
    edits.accept("duplicates", ["train/blue/copy.png"])
    assert len(looked_at(source)[1]["duplicates"].groups) == 1
    copy(source, "train/blue/000.png", "train/blue/new.png")
    assert len(looked_at(source)[1]["duplicates"].groups) == 2  # nobody has called the new one fine


def test_the_last_training_images_of_a_class_stay(source):
    for number in range(5):
        copy(source, f"train/blue/00{number}.png", f"test/blue/copy-{number}.png")
    copy(source, "train/green/000.png", "test/green/copy.png")
    table, findings = looked_at(source)
    mend = usual_mend(findings["leak"], table)
    assert mend.ids == ("train/green/000.png",)
    assert mend.sentence.endswith("5 images must stay: without them a class or a split would have no images.")
    mend.apply(open_edits(source))
