import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import tlcore
from tlcore.cli.main import main
from tlcore.data.catalog import open_dataset
from tlcore.data.formats.demo import EXACT_DUPLICATES, NEAR_DUPLICATES
from tlcore.data.health.scan import scan
from tlcore.errors import DatasetChanged
from tlcore.evaluation.metrics import Accuracy, wilson_interval
from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.twins import (
    Twins,
    difference_interval,
    find_twins,
    load_twins,
    twin_accuracy,
    twin_words,
    twins_in,
)
from tlcore.runs.folder.predictions import Predictions
from tlcore.system.drive import drive


def accuracy(correct: int, total: int) -> Accuracy:
    return Accuracy(correct, total, *wilson_interval(correct, total))


def evaluation_of(right_of_twins: int, twins: int, right_of_others: int, others: int) -> tuple[Evaluation, Twins]:
    """One epoch that gets so many of the images with and without a twin right."""
    right_N = np.arange(twins + others) < right_of_twins
    right_N[twins : twins + right_of_others] = True
    logits_NC = np.where(right_N[:, None], [[1.0, 0.0]], [[0.0, 1.0]]).astype(np.float32)
    ids = tuple(f"test/{number}.png" for number in range(len(right_N)))
    found = Predictions(logits_NC, np.zeros(len(right_N), np.int64), ids)
    return Evaluation("test", {1: found}, 1, (), ()), Twins(ids=frozenset(ids[:twins]) | {"val/0.png"})


def words(*counts: int) -> str:
    return twin_words(twin_accuracy(*_with_epoch(*evaluation_of(*counts))), "test")


def _with_epoch(evaluation: Evaluation, twins: Twins) -> tuple[Evaluation, int, Twins]:
    return evaluation, 1, twins


def test_the_accuracy_is_given_with_and_without_twins():
    found = twin_accuracy(*_with_epoch(*evaluation_of(40, 40, 30, 60)))
    assert (found.whole.correct, found.whole.total, found.twins) == (70, 100, 40)
    assert (found.without.correct, found.without.total) == (30, 60)
    assert found.difference == pytest.approx(0.2)
    assert found.low < 0.2 < found.high


def test_the_interval_of_a_difference_is_that_of_newcombe():
    """Example (a) of Newcombe's table II, method 10: 56/70 and 48/80 differ by 0.0524 to 0.3339."""
    low, high = difference_interval(accuracy(56, 70), accuracy(48, 80))
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=1e-4)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((0, 0, 9, 10), "No test image has a twin in train"),
        ((40, 40, 30, 60), "20.0 points lower (95 % interval of the difference 14.0 to 24.9 points)"),
        ((40, 40, 30, 60), "This matters: believe the accuracy without them."),
        ((1, 1, 90, 100), "1 image with a twin is too few to tell more."),
        ((1, 1, 90, 100), "1 of 101 test images has a twin in train, the same image or nearly the same. Without it"),
        ((30, 30, 5, 5), "hardly a difference"),
        ((30, 30, 5, 5), "5 images without one are too few to tell more."),
        ((27, 30, 88, 100), "Chance alone can do that much."),
        ((5, 20, 90, 100), "points higher"),
        ((3, 5, 0, 0), "5 of 5 test images have a twin in train: this accuracy says nothing about new images."),
    ],
)
def test_it_is_said_whether_the_difference_matters(counts, expected):
    assert expected in words(*counts)


def test_twins_are_images_of_val_and_test_that_resemble_one_in_train():
    rows = [
        ("a", "train", "x", -1),
        ("b", "test", "x", -1),  # equal
        ("c", "train", "y", 0),
        ("d", "val", "z", 0),  # nearly equal
        ("e", "val", "v", 1),
        ("f", "test", "w", 1),  # a twin, but not in train
        ("g", "test", "u", -1),
    ]
    table = pd.DataFrame(rows, columns=["id", "split", "digest", "near_group"]).assign(dark=0.0, bright=1.0)
    assert twins_in(table).ids == {"b", "d"}


def test_the_planted_twins_of_the_demo_are_found(drawn_demo):
    leaks = {copy for copy in [*EXACT_DUPLICATES, *NEAR_DUPLICATES] if not copy.startswith("train/")}
    assert twins_in(drive(scan(open_dataset("demo")))).ids == leaks
    assert sum(name.startswith("test/") for name in leaks) == 1


@pytest.fixture
def leaky(configure, colours):
    """A trained run; one test image is a copy of one in train."""
    for label in ("blue", "green"):
        for number in range(3):
            noise = np.random.default_rng(number).integers(0, 256, (7, 7, 3), dtype=np.uint8)
            Image.fromarray(noise).resize((90, 80)).save(colours / f"train/{label}/{label}{number}.png")
    shutil.copy(colours / "train/blue/001.png", colours / "test/blue/copy.png")
    return tlcore.train(configure(epochs=1))


def test_what_was_found_for_a_run_is_kept_and_needs_no_images_again(leaky, colours):
    assert load_twins(leaky) is None
    assert drive(find_twins(leaky)).ids == {"test/blue/copy.png"}
    shutil.rmtree(colours)
    assert load_twins(leaky).ids == {"test/blue/copy.png"}


def test_evaluation_notes_the_twins_if_the_images_were_looked_at_before(leaky):
    tlcore.evaluate(leaky)
    assert load_twins(leaky) is None
    drive(scan(open_dataset(leaky.config.data)))
    tlcore.evaluate(leaky)
    assert load_twins(leaky).ids == {"test/blue/copy.png"}


def test_without_a_scan_an_evaluation_loads_nothing_for_twins(leaky, monkeypatch):
    monkeypatch.setitem(sys.modules, "tlcore.data.health.scan", None)  # importing it fails
    assert tlcore.evaluate(leaky).epochs == (0, 1)
    assert load_twins(leaky) is None


def test_images_that_have_changed_since_tell_nothing(leaky, colours):
    (colours / "test/green/000.png").unlink()
    with pytest.raises(DatasetChanged, match="can no longer be found out"):
        drive(find_twins(leaky))


def test_the_command_line_tells_the_accuracy_without_twins(leaky, capsys):
    assert main(["evaluate", leaky.name]) == 0
    assert "--twins looks at every image" in capsys.readouterr().out
    assert main(["evaluate", leaky.name, "--twins"]) == 0
    printed = capsys.readouterr().out
    assert "1 of 15 test images has a twin in train" in printed
    assert "without twins" in printed
    assert main(["audit", "--json", "--run", leaky.name]) == 0
    assert '{"twins": 1}' in capsys.readouterr().out
