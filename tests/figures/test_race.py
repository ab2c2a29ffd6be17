import numpy as np
import pandas as pd
import pytest

from tlcore.figures.race import COSTS, plot_race


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "candidate": ["large", "small", "poor <b>"],
            "accuracy": [0.97, 0.96, 0.8],
            "low": [0.94, 0.93, 0.74],
            "high": [0.98, 0.975, 0.85],
            "ms_per_image": [50.0, 10.0, 2.0],
            "megabytes": [100.0, 10.0, 3.0],
            "place": ["best", "tied", "behind"],
            "suggested": [False, True, False],
        }
    )


def marks_of(figure):
    return {trace.name: trace for trace in figure.data if trace.mode == "markers"}


def names_of(figure):
    return [trace for trace in figure.data if trace.mode == "text"]


def test_each_candidate_is_drawn_at_its_cost_with_its_interval(table):
    figure = plot_race(table)
    marks = marks_of(figure)
    assert list(marks) == ["suggested", "the best", "worse than the best"]
    assert (marks["the best"].x[0], marks["the best"].y[0]) == (50.0, 0.97)
    assert marks["the best"].error_y.array[0] == pytest.approx(0.01)
    assert marks["the best"].error_y.arrayminus[0] == pytest.approx(0.03)
    assert figure.layout.xaxis.title.text == COSTS["ms_per_image"]


def test_it_can_be_drawn_against_the_size_with_the_time_as_the_area_of_the_marks(table):
    figure = plot_race(table, "megabytes")
    marks = marks_of(figure)
    assert marks["the best"].x[0] == 100.0
    assert (marks["the best"].marker.size[0] / marks["suggested"].marker.size[0]) ** 2 == pytest.approx(5)


def test_names_are_escaped_and_everything_is_in_range(table):
    figure = plot_race(table)
    assert "&lt;b&gt;" in names_of(figure)[2].text[0]
    low, high = figure.layout.xaxis.range
    assert low < np.log10(2) < np.log10(50) < high
    assert figure.layout.yaxis.range[0] < 0.74


def test_a_best_one_that_is_suggested_says_both(table):
    figure = plot_race(table.assign(suggested=[True, False, False]))
    assert next(iter(marks_of(figure))) == "suggested, and the best"


def test_names_of_neighbours_stand_on_different_sides(table):
    sides = {trace.x[0]: trace.textposition[0] for trace in names_of(plot_race(table))}
    assert [sides[cost] for cost in sorted(sides)] == ["top center", "bottom center", "top center"]


def test_one_candidate_alone_and_none_are_drawn_too(table):
    assert len(marks_of(plot_race(table[:1]))) == 1
    assert len(plot_race(table[:0]).data) == 0
