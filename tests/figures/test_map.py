import numpy as np
import pandas as pd
import pytest

from tlcore.figures.map import MOST_CLASSES, MOST_NAMED, map_groups, plot_map, selected_rows
from tlcore.figures.style import PALETTE


def table_of(images: int, classes: int = 3) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    codes = np.arange(images) % classes
    return pd.DataFrame(
        {
            "id": [f"train/<b>{number}.png" for number in range(images)],
            "split": pd.Categorical(np.array(["train", "val", "test"])[np.arange(images) // 2 % 3]),
            "class": pd.Categorical.from_codes(codes, [f"<i>c{number}" for number in range(classes)]),
            "x": draw.normal(size=images).astype(np.float32),
            "y": draw.normal(size=images).astype(np.float32),
            "right": pd.array([True, False, pd.NA] * (images // 3 + 1), dtype="boolean")[:images],
            "loss": np.where(np.arange(images) % 3 == 2, np.nan, draw.exponential(size=images)),
        }
    )


@pytest.mark.parametrize("colour", ["class", "split", "right", "loss"])
def test_every_image_is_one_point_and_is_found_again_by_its_trace_and_number(colour):
    table = table_of(60)
    figure = plot_map(table, colour)
    points = [(trace, point) for trace, drawn in enumerate(figure.data) for point in range(len(drawn.x))]
    assert selected_rows(table, colour, points).tolist() == list(range(60))
    for trace, point in points[::7]:
        (row,) = selected_rows(table, colour, [(trace, point)])
        assert figure.data[trace].x[point] == table["x"][row]
        assert figure.data[trace].y[point] == table["y"][row]
    assert {drawn.type for drawn in figure.data} == {"scattergl"}


def test_points_of_an_older_figure_are_ignored():
    assert selected_rows(table_of(6), "class", [(0, 1), (0, 99), (9, 0), (-1, 0)]).tolist() == [3]


def test_names_are_escaped_and_left_out_with_many_images():
    figure = plot_map(table_of(6))
    assert "&lt;b&gt;0.png<br>&lt;i&gt;c0, train" in figure.data[0].text
    assert figure.data[0].name == "&lt;i&gt;c0"
    many = plot_map(table_of(MOST_NAMED + 1))
    assert many.data[0].text is None
    assert many.data[0].hoverinfo == "name"


def test_colours_begin_again_with_another_mark_after_ten_classes():
    figure = plot_map(table_of(48, classes=12))
    assert figure.data[0].marker.color == figure.data[10].marker.color == PALETTE[0]
    assert (figure.data[0].marker.symbol, figure.data[10].marker.symbol) == ("circle", "diamond")


def test_very_many_classes_are_ten_traces():
    groups = map_groups(table_of(1000, classes=MOST_CLASSES + 1), "class")
    assert len(groups) == 10
    assert sum(len(group.rows_N) for group in groups) == 1000


def test_what_is_not_predicted_is_a_group_of_its_own():
    names = [group.name for group in map_groups(table_of(9), "right")]
    assert names == ["not predicted", "right", "wrong"]
    losses = plot_map(table_of(9), "loss")
    assert [drawn.name for drawn in losses.data] == ["not predicted", "loss"]
    assert losses.data[1].marker.colorbar.title.text == "loss"


def test_60_000_points_are_sent_in_less_than_a_megabyte():
    assert len(plot_map(table_of(60_000, classes=10)).to_json()) < 1_000_000


def test_axes_say_how_much_of_the_variance_they_hold():
    figure = plot_map(table_of(9), variance=(0.5, 0.25))
    assert figure.layout.xaxis.title.text == "component 1: 50% of the variance"
    assert plot_map(table_of(9)).layout.yaxis.title.text == ""
