"""Rounds of labelling: which runs belong together, and what the table and the figure say."""

import math

from PIL import Image

from tlcore import evaluate, train
from tlcore.data.edits import open_edits
from tlcore.data.formats.unlabelled import open_unlabelled
from tlcore.evaluation.rounds import rounds_of, rounds_table
from tlcore.evaluation.stored import load_stored
from tlcore.figures.rounds import plot_rounds


def test_runs_with_the_same_settings_are_rounds_in_the_order_of_their_edits(configure, colours, tmp_path):
    (tmp_path / "shots").mkdir()
    Image.new("RGB", (9, 9), (40, 60, 201)).save(tmp_path / "shots" / "a.png")
    first = train(configure(epochs=1))
    other = train(configure(epochs=2))
    edits = open_edits(str(colours))
    edits.add({"a.png": "blue"}, open_unlabelled(tmp_path / "shots").source)
    second = train(configure(epochs=1))
    edits.exclude(["test/blue/000.png"])
    third = train(configure(epochs=1))
    rounds = rounds_of(second, [third, other, first])
    assert [run.name for run in rounds] == [first.name, second.name, third.name]
    for run in (first, third):
        evaluate(run)
    table = rounds_table(rounds, lambda run: load_stored(run).evaluation)
    assert list(table["round"]) == [1, 2, 3]
    assert list(table["added"]) == [0, 1, 1]
    assert list(table["train_images"]) == [42, 43, 43]
    assert list(table["images"]) == [14, 0, 13]
    assert list(table["same_images"]) == [True, True, False]
    assert math.isnan(table["accuracy"][1])
    assert table["low"][0] <= table["accuracy"][0] <= table["high"][0]
    (line,) = plot_rounds(table).data
    assert list(line.x) == [1, 3]
