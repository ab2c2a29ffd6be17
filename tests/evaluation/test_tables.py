import json

import numpy as np
import pandas as pd
import pytest

from tests.support.records import change_info, write_run
from tlcore.evaluation.metrics import wilson_interval
from tlcore.evaluation.tables import (
    classes_table,
    confused_pairs,
    confusion_table,
    epochs_table,
    most_confused,
    predictions_table,
    top_classes_table,
)
from tlcore.runs.folder.run import Run


@pytest.fixture
def run(tmp_path) -> Run:
    """A run folder with two epochs and 10 train, 8 val and 4 test images, made without training."""
    path = tmp_path / "run"
    made = write_run(path, counts={"train": 10, "val": 8, "test": 4})
    for epoch, train, val in ((0, None, 0.5), (1, 0.9, 0.75)):
        record = {
            "epoch": epoch,
            "train_loss": None if train is None else 0.3,
            "train_accuracy": train,
            "val_loss": 0.6,
            "val_accuracy": val,
            "learning_rates": {"stem": 0.1, "head": 0.01},
            "seconds": 2.0,
            "images_per_s": 5.0,
        }
        with (path / "metrics.jsonl").open("a") as file:
            file.write(json.dumps(record) + "\n")
    return made


def test_an_epoch_has_accuracies_with_intervals_of_all_splits(run, evaluate_by_hand):
    table = epochs_table(run, evaluate_by_hand(["✗✓✓✗", "✓✓✓✗"], best_by_val=1))
    assert table["test_accuracy"].tolist() == [0.5, 0.75]
    last = table.iloc[1]
    assert (last["train_low"], last["train_high"]) == pytest.approx(wilson_interval(9, 10))
    assert (last["val_low"], last["val_high"]) == pytest.approx(wilson_interval(6, 8))
    assert (last["test_low"], last["test_high"]) == pytest.approx(wilson_interval(3, 4))
    assert (last["learning_rate"], last["seconds"]) == (0.01, 2.0)
    assert np.isnan(table["train_accuracy"][0])
    assert np.isnan(table["train_low"][0])


def test_the_chosen_and_the_best_epoch_are_flagged(run, evaluate_by_hand):
    table = epochs_table(run, evaluate_by_hand(["✓✓✓✗", "✗✓✓✗"], best_by_val=1))
    assert table["best_by_val"].tolist() == [False, True]
    assert table["best_on_test"].tolist() == [True, False]


def test_epochs_that_are_not_evaluated_have_no_test_figures(run, evaluate_by_hand):
    before = epochs_table(run, None)
    assert before["test_accuracy"].isna().all()
    assert before["best_by_val"].tolist() == [False, True]
    assert before["best_on_test"].tolist() == [False, False]
    partly = epochs_table(run, evaluate_by_hand(["✓✓✓✗"], best_by_val=1, first=1))
    assert partly["test_accuracy"].isna().tolist() == [True, False]


def test_a_run_without_test_split_has_no_test_columns(run, evaluate_by_hand):
    table = epochs_table(change_info(run, report_split="val"), evaluate_by_hand(["✓✓", "✓✓"], split="val"))
    assert not [column for column in table if "test" in column]


def test_unreadable_images_do_not_count_whatever_their_names(run):
    run.samples_file.write_text("path,label,split\nval/a.jpg,ants,train\nb.jpg,ants,val\nc.jpg,ants,val\n")
    (run.path / "left_out.json").write_text(json.dumps([{"id": "b.jpg"}, {"id": "c.jpg"}, {"id": "val/a.jpg"}]))
    last = epochs_table(run, None).iloc[1]
    assert (last["val_low"], last["val_high"]) == pytest.approx(wilson_interval(round(0.75 * 6), 6), abs=0.05)
    assert last["train_low"] == pytest.approx(wilson_interval(8, 9)[0])


def test_a_run_without_epochs_has_an_empty_table(run):
    (run.path / "metrics.jsonl").unlink()
    assert len(epochs_table(run, None)) == 0


def test_predictions_say_how_sure_and_how_wrong(predict):
    table = predictions_table(predict("01", targets="00", sure=np.log(3.0)), ("ants", "bees"), probabilities=True)
    assert table["predicted"].tolist() == ["ants", "bees"]
    assert table["target"].tolist() == ["ants", "ants"]
    assert table["right"].tolist() == [True, False]
    assert table["confidence"].tolist() == pytest.approx([0.75, 0.75])
    assert table["target_probability"].tolist() == pytest.approx([0.75, 0.25])
    assert table["loss"].tolist() == pytest.approx([-np.log(0.75), -np.log(0.25)])
    assert table[["p(ants)", "p(bees)"]].to_numpy().tolist() == [
        pytest.approx([0.75, 0.25]),
        pytest.approx([0.25, 0.75]),
    ]


def test_confusion_is_by_name_with_the_true_class_in_rows(predict):
    table = confusion_table(predict("0112", targets="0012", classes=3), ("ants", "bees", "cats"))
    assert table.loc["ants", "bees"] == 1
    assert table.to_numpy().sum() == 4
    assert np.trace(table.to_numpy()) == 3


def test_the_classes_with_the_most_mistakes_are_kept_in_order(predict):
    table = confusion_table(predict("03301111", targets="00001111", classes=4), ("a", "b", "c", "d"))
    assert list(most_confused(table, 2).index) == ["a", "d"]
    assert most_confused(table, 9).equals(table)


def test_classes_have_an_interval_of_the_recall(predict):
    table = classes_table(predict("0011", targets="0001", classes=3), ("ants", "bees", "cats"))
    assert isinstance(table, pd.DataFrame)
    ants = table.iloc[0]
    assert (ants["recall_low"], ants["recall_high"]) == pytest.approx(wilson_interval(2, 3))
    assert np.isnan(table.iloc[2]["recall_low"])


def test_the_most_frequent_mistakes_come_first_with_their_share_and_the_other_way_round():
    names = ["ant", "bee", "wasp"]
    counts = pd.DataFrame([[6, 3, 1], [2, 8, 0], [0, 0, 0]], index=names, columns=names)
    pairs = confused_pairs(counts)
    assert pairs[["target", "predicted", "images", "back"]].to_numpy().tolist() == [
        ["ant", "bee", 3, 2],
        ["bee", "ant", 2, 3],
        ["ant", "wasp", 1, 0],
    ]
    assert pairs["share"].tolist() == pytest.approx([0.3, 0.2, 0.1])
    assert len(confused_pairs(counts, 1)) == 1
    assert confused_pairs(pd.DataFrame([[3]], index=["ant"], columns=["ant"])).empty


def test_the_likeliest_classes_of_two_answers_have_a_row_in_both():
    classes = ("a", "crane", "crane")
    first = ("one", classes, np.array([0.6, 0.3, 0.1], dtype=np.float32))
    second = ("two", classes, np.array([0.1, 0.3, 0.6], dtype=np.float32))
    table = top_classes_table([first, second], 1)
    assert table["label"].tolist() == ["a", "crane (2)"] * 2
    assert table["title"].tolist() == ["one", "one", "two", "two"]
    assert table["probability"].tolist() == pytest.approx([0.6, 0.1, 0.1, 0.6])
