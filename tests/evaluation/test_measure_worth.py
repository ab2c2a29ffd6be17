"""What edits were worth: two heads, judged on the same images by the mended labels."""

import functools
import shutil

import pytest

from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import ConfigError, NotComparable
from tlcore.evaluation.evaluate import evaluate
from tlcore.evaluation.measure_worth import changes_between, judging_images, measure_worth
from tlcore.evaluation.metrics import is_right, paired_test
from tlcore.evaluation.worth import Changes
from tlcore.runs.start import train
from tlcore.system.drive import drive
from tlcore.training.events import Progress


@pytest.fixture
def configure(configure):
    """A head that learns the colours in a moment."""
    return functools.partial(configure, epochs=8, optimizer={"learning_rate": 0.02})


@pytest.fixture
def wrong(colours):
    """15 of the 21 images of `blue` lie in `green`: the head takes blue for green."""
    for number in range(15):
        shutil.move(colours / f"train/blue/{number:03d}.png", colours / f"train/green/blue-{number:03d}.png")
    return str(colours)


def mend(source: str) -> None:
    open_edits(source).relabel([f"train/green/blue-{number:03d}.png" for number in range(15)], "blue")


def worth_of(config, source, on_progress=None):
    after = open_dataset(source)
    return drive(measure_worth(config, after.unedited, after), on_progress)


def test_mended_labels_make_the_head_better_and_the_figures_are_those_of_runs(configure, wrong):
    mend(wrong)
    worth = worth_of(configure(), wrong)
    assert worth.before.accuracy < 0.8 < worth.after.accuracy
    assert (worth.before.edits, worth.after.edits) == (0, 1)
    assert worth.learned == Changes(relabelled=15)
    assert worth.judged == Changes()
    right = []
    for head in (worth.before, worth.after):
        evaluation = evaluate(train(configure(data={"source": wrong, "edits": head.edits})))
        assert head.epoch == evaluation.best_by_val
        found = evaluation.predictions[head.epoch]
        right.append(is_right(found.logits_NC, found.targets_N))
        assert (head.correct, head.total) == (right[-1].sum(), 14)
    ids = [name for name, old, new in zip(evaluation.sample_ids, *right, strict=True) if new and not old]
    assert [image.id for image in worth.mended] == ids
    assert {(image.label, image.before, image.after) for image in worth.mended} == {("blue", "green", "blue")}
    assert worth.test == paired_test(*right)


def test_with_kept_features_no_image_is_read_again(configure, wrong, monkeypatch):
    worth_of_nothing = open_dataset(wrong)
    mend(wrong)
    first = worth_of(configure(), wrong)
    assert worth_of_nothing.edits is None
    monkeypatch.setattr(FileSource, "load", lambda *_: pytest.fail("an image was read"))
    told: list[Progress] = []
    assert worth_of(configure(), wrong, told.append) == first
    assert {event.phase for event in told} == {"train"}
    assert told[-1].done == told[-1].total == 16


def test_the_images_that_judge_have_the_mended_labels_and_are_in_test_before_and_after(configure, wrong):
    edits = open_edits(wrong)
    edits.relabel(["test/green/000.png"], "blue")
    edits.exclude(["test/green/001.png"])
    edits.move(["test/green/002.png"], "train")
    edits.move(["train/green/000.png", "val/green/000.png"], "test")
    after = open_dataset(wrong)
    judges = judging_images(after.unedited, after)
    assert {sample.id for sample in judges} == {
        *(f"test/blue/00{number}.png" for number in range(7)),
        *(f"test/green/00{number}.png" for number in (0, 3, 4, 5, 6)),
    }
    assert next(sample for sample in judges if sample.id == "test/green/000.png").target == 0
    worth = worth_of(configure(), wrong)
    assert worth.judged == Changes(relabelled=1, left_out=1, moved=3)
    assert worth.learned == Changes(moved=3)
    assert worth.before.total == worth.after.total == 12
    assert "test/green/000.png" in {image.id for image in (*worth.mended, *worth.broken)} or worth.test.total == 12


def test_changes_are_counted_per_split_and_from_any_version(wrong):
    edits = open_edits(wrong)
    edits.exclude(["train/green/000.png", "test/green/000.png"])
    first = open_dataset(wrong)
    edits.undo()
    second = open_dataset(wrong)
    assert changes_between(first.unedited, first, ("train", "val")) == Changes(left_out=1)
    assert changes_between(first, second, ("test",)) == Changes(added=1)


def test_two_versions_that_are_the_same_are_an_error(configure, wrong):
    with pytest.raises(ConfigError, match="both versions of the dataset have the same images and labels"):
        worth_of(configure(), wrong)


@pytest.mark.parametrize("changes", [{"strategy": {"name": "fine_tuning"}}, {"mix": {"name": "mixup"}}])
def test_a_configuration_that_keeps_no_features_is_an_error(configure, wrong, changes):
    mend(wrong)
    with pytest.raises(ConfigError, match="is measured by training a head on kept features"):
        worth_of(configure(**changes), wrong)


def test_nothing_is_measured_if_no_image_can_judge(configure, wrong):
    edits = open_edits(wrong)
    test = [f"test/{name}/00{number}.png" for name in ("blue", "green") for number in range(7)]
    edits.move(["train/blue/015.png", "train/green/000.png"], "test")
    edits.move(test, "train")
    with pytest.raises(NotComparable, match="Not one image is in test both before and after the edits"):
        worth_of(configure(), wrong)
