import numpy as np
import pytest

from tlcore.evaluation.folds import UNSEEN
from tlcore.evaluation.metrics import paired_test, wilson_interval
from tlcore.race.candidates import Candidate
from tlcore.race.standing import Measured, Standing, rank, standing_table, suggest

IMAGES = 200
TARGETS = np.zeros(IMAGES, dtype=np.int64)


def measured(parameters=1_000, seconds=0.01):
    return Measured(parameters=parameters, bytes=4 * parameters, licence="MIT", seconds_per_image=seconds)


def predictions(wrong):
    """Predictions that are wrong for the images at these positions."""
    predicted_N = TARGETS.copy()
    predicted_N[list(wrong)] = 1
    return predicted_N


def entry(name, wrong, **facts):
    return Candidate(backbone=name), measured(**facts), predictions(wrong)


def test_rows_are_sorted_by_accuracy_with_its_interval():
    rows = rank([entry("worse", range(20)), entry("better", range(5))], TARGETS)
    assert [row.candidate.backbone for row in rows] == ["better", "worse"]
    assert (rows[0].correct, rows[0].total) == (195, 200)
    assert (rows[0].low, rows[0].high) == wilson_interval(195, 200)
    assert rows[0].p_value is None


def test_a_small_difference_is_a_tie_and_a_large_one_is_not():
    rows = rank([entry("best", range(4)), entry("close", range(100, 107)), entry("far", range(60))], TARGETS)
    assert [row.place for row in rows] == ["best", "tied", "behind"]


def test_p_values_are_multiplied_by_the_number_of_comparisons():
    """Eight images against none are significant alone, and not among eight candidates."""
    best, other = entry("best", []), entry("other", range(8))
    alone = paired_test(other[2] == TARGETS, best[2] == TARGETS).p_value
    (_, row) = rank([best, other], TARGETS)
    assert row.p_value == pytest.approx(alone)
    assert row.place == "behind"
    many = rank([best, other, *(entry(f"n{number}", range(9 + number)) for number in range(6))], TARGETS)
    row = next(row for row in many if row.candidate.backbone == "other")
    assert row.p_value == pytest.approx(7 * alone)
    assert row.place == "tied"


def test_images_that_one_of_two_did_not_predict_are_not_compared():
    best, other = entry("best", []), entry("other", range(8))
    best[2][:8] = UNSEEN
    rows = rank([best, other], TARGETS)
    assert rows[0].total == 192
    assert rows[1].p_value == 1.0


def test_the_smallest_of_those_that_cannot_be_told_apart_is_suggested():
    rows = rank(
        [
            entry("large", range(4), parameters=9_000),
            entry("small", range(100, 107), parameters=2_000),
            entry("tiny but worse", range(60), parameters=100),
        ],
        TARGETS,
    )
    assert suggest(rows) == Candidate(backbone="small")


def test_of_equally_small_ones_the_fastest_is_suggested():
    rows = rank([entry("slow", range(4), seconds=0.02), entry("fast", range(5), seconds=0.01)], TARGETS)
    assert rows[0].candidate.backbone == "slow"
    assert suggest(rows) == Candidate(backbone="fast")


def test_the_best_is_suggested_if_it_is_better_than_all_and_nothing_if_none_finished():
    assert suggest(rank([entry("best", [], parameters=9), entry("worse", range(50))], TARGETS)) == Candidate(
        backbone="best"
    )
    assert suggest(rank([], TARGETS)) is None


def test_the_truly_best_is_rarely_called_worse():
    """Ten equally good candidates, drawn anew 200 times: each is as good as the best, so each `behind` is a mistake."""
    draw, mistakes = np.random.default_rng(0), 0
    for _ in range(200):
        entries = [
            (Candidate(backbone=f"n{n}"), measured(), (draw.random(IMAGES) > 0.8).astype(np.int64)) for n in range(10)
        ]
        mistakes += any(row.place == "behind" and row.candidate.backbone == "n0" for row in rank(entries, TARGETS))
    assert mistakes <= 10


def standing(rows):
    settled = {"waiting": (), "splits": ("train",), "images": IMAGES, "folds": 5, "left_out": (), "machine": "cpu"}
    return Standing(rows=rows, suggestion=suggest(rows), **settled)


def test_the_table_has_a_row_per_finished_candidate():
    table = standing_table(standing(rank([entry("a", range(4)), entry("b", range(60))], TARGETS)))
    assert table["candidate"].tolist() == ["a", "b"]
    assert table["ms_per_image"].tolist() == [10.0, 10.0]
    assert table["suggested"].tolist() == [True, False]
    assert np.isnan(table["p_value"][0])


def test_the_table_of_nobody_has_its_columns():
    table = standing_table(standing(()))
    assert len(table) == 0
    assert "accuracy" in table
