import numpy as np
import pandas as pd
import pytest

from tlcore.figures import dataset as figures
from tlcore.figures.dataset import plot_channels, plot_class_counts, plot_shapes, plot_sizes
from tlcore.figures.style import SPLIT_COLOURS


@pytest.fixture
def counts() -> pd.DataFrame:
    rows = [("train", "ant", 5), ("train", "<b>bee</b>", 3), ("val", "ant", 2), ("val", "<b>bee</b>", 0)]
    return pd.DataFrame(rows, columns=["split", "class", "images"])


@pytest.fixture
def images() -> pd.DataFrame:
    sizes = [(40, 30)] * 9 + [(30, 40), (300, 90), (1000, 10)]
    table = pd.DataFrame(sizes, columns=["width", "height"])
    table["split"] = pd.Categorical(["train"] * 6 + ["val"] * 6)
    return table


def test_bars_are_stacked_by_split_and_say_what_they_are(counts):
    train, val = plot_class_counts(counts).data
    assert (train.name, val.name) == ("train", "val")
    assert train.y.tolist() == [5, 3]
    assert train.customdata.tolist() == [["ant", "train"], ["<b>bee</b>", "train"]]
    assert train.marker.color == SPLIT_COLOURS["train"]


def test_names_from_outside_are_never_markup(counts):
    figure = plot_class_counts(counts)
    assert figure.layout.xaxis.ticktext == ("ant", "&lt;b&gt;bee&lt;/b&gt;")
    assert figure.data[0].hovertext[1] == "&lt;b&gt;bee&lt;/b&gt;<br>3 in train"
    statistics = pd.DataFrame({"channel": ["red"], "mean": [0.5], "std": [0.2]})
    assert plot_channels(statistics, [0.4], [0.1], of_weights="<i>").data[1].name == "&lt;i&gt;"


@pytest.mark.parametrize(
    ("split", "label", "opacities"),
    [
        (None, None, [[1, 1], [1, 1]]),
        ("val", None, [[0.25, 0.25], [1, 1]]),
        (None, "ant", [[1, 0.25], [1, 0.25]]),
        ("train", "ant", [[1, 0.25], [0.25, 0.25]]),
    ],
)
def test_bars_that_are_not_chosen_are_pale(counts, split, label, opacities):
    figure = plot_class_counts(counts, split=split, label=label)
    assert [trace.marker.opacity.tolist() for trace in figure.data] == opacities


def test_two_classes_of_one_short_name_stay_two_bars():
    names = ["x" * 40 + "a", "x" * 40 + "b"]
    figure = plot_class_counts(pd.DataFrame({"class": names, "split": "train", "images": [1, 2]}))
    assert figure.data[0].x.tolist() == [0, 1]


def test_many_classes_are_not_named_on_the_axis():
    rows = pd.DataFrame({"class": [f"{number}" for number in range(100)], "split": "train", "images": 1})
    figure = plot_class_counts(rows)
    assert figure.layout.xaxis.showticklabels is False
    assert figure.layout.xaxis.title.text == "100 classes"


def test_images_of_one_size_are_one_bubble(images):
    *_, bubbles = plot_sizes(images).data
    assert list(zip(bubbles.x, bubbles.y, bubbles.customdata, strict=True)) == [
        (40, 30, 9),
        (30, 40, 1),
        (300, 90, 1),
        (1000, 10, 1),
    ]
    assert bubbles.marker.size[0] > bubbles.marker.size[1]


def test_very_many_sizes_are_thinned_evenly(monkeypatch):
    monkeypatch.setattr(figures, "MOST_POINTS", 50)
    table = pd.DataFrame({"width": np.arange(1, 1001), "height": 10, "split": "train"})
    *_, bubbles = plot_sizes(table).data
    assert len(bubbles.x) == 50
    assert (bubbles.x[0], bubbles.x[-1]) == (1, 1000)


def test_shapes_are_counted_per_split(images):
    train, val = plot_shapes(images).data
    assert (train.y.sum(), val.y.sum()) == (6, 6)
    assert train.customdata[train.y.argmax()] == pytest.approx(4 / 3, rel=0.04)
    assert val.y[-1] == 1


def test_channels_of_dataset_and_weights_stand_side_by_side():
    statistics = pd.DataFrame({"channel": ["red", "green", "blue"], "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.1, 0.1]})
    ours, theirs = plot_channels(statistics, (0.48, 0.45, 0.4), (0.2, 0.2, 0.2), of_weights="resnet18").data
    assert ours.x.tolist() == [0.5, 0.4, 0.3]
    assert ours.error_x.array.tolist() == [0.2, 0.1, 0.1]
    assert theirs.x.tolist() == [0.48, 0.45, 0.4]
    assert theirs.name == "resnet18"


def test_no_images_are_drawn_as_nothing():
    empty = pd.DataFrame({"width": [], "height": [], "split": [], "class": [], "images": []})
    for figure in (plot_sizes(empty), plot_shapes(empty), plot_class_counts(empty)):
        assert all(trace.hoverinfo == "skip" or not len(trace.x) for trace in figure.data)
