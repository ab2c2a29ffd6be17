import numpy as np
import pandas as pd
import pytest

from tlcore.figures.compare import (
    plot_accuracy_by_epoch,
    plot_confusion,
    plot_per_class,
    plot_reliability,
    plot_timeline,
)


def epochs(**columns):
    table = {"epoch": [0, 1, 2], "best_by_val": [False, True, False]}
    for split, first in (("train", np.nan), ("val", 0.5), ("test", 0.4)):
        table[f"{split}_accuracy"] = [first, 0.8, 0.9]
        table[f"{split}_low"], table[f"{split}_high"] = [first, 0.7, 0.8], [first, 0.9, 0.95]
    return pd.DataFrame({**table, **columns})


def confusion(names=("ants", "bees")):
    return pd.DataFrame([[8, 2], [1, 9]], index=list(names), columns=list(names))


def lines(figure):
    return {trace.name: trace for trace in figure.data if trace.name}


def test_each_split_is_a_line_with_a_band_and_skips_epochs_it_lacks():
    figure = plot_accuracy_by_epoch(epochs())
    assert list(lines(figure)) == ["train", "val", "test"]
    assert lines(figure)["train"].x.tolist() == [1, 2]
    band = figure.data[2]
    assert (band.fill, band.mode) == ("toself", "lines")
    assert band.y.tolist() == [0.5, 0.9, 0.95, 0.8, 0.7, 0.5]


def test_the_chosen_epoch_is_marked():
    assert list(lines(plot_accuracy_by_epoch(epochs()))["test"].marker.symbol) == ["circle", "diamond", "circle"]


def test_several_runs_differ_in_colour_and_splits_in_dashes():
    table = pd.concat([epochs(run="a"), epochs(run="b")])
    drawn = lines(plot_accuracy_by_epoch(table, ("val", "test")))
    assert set(drawn) == {"a, val", "a, test", "b, val", "b, test"}
    assert drawn["a, val"].line.color == drawn["a, test"].line.color != drawn["b, test"].line.color
    assert (drawn["a, val"].line.dash, drawn["a, test"].line.dash) == ("dash", "solid")


def test_a_split_that_is_not_there_is_not_drawn():
    table = epochs().drop(columns=["test_accuracy", "test_low", "test_high"])
    assert list(lines(plot_accuracy_by_epoch(table))) == ["train", "val"]
    assert list(lines(plot_accuracy_by_epoch(epochs(test_accuracy=np.nan)))) == ["train", "val"]


def test_a_cell_of_the_confusion_matrix_can_be_selected_and_says_what_it_is():
    heat, *_, cells = plot_confusion(confusion()).data
    assert heat.z.tolist() == [[0.8, -0.2], [-0.1, 0.9]]
    assert (cells.x.tolist(), cells.y.tolist()) == ([0, 1, 0, 1], [0, 0, 1, 1])
    assert cells.hovertext[1] == "ants → bees<br>2 images, 20% of its class"
    assert cells.hoverinfo != "skip"
    assert cells.marker.opacity == 0


def test_a_class_without_images_has_empty_cells():
    table = confusion()
    table.loc["bees"] = 0
    heat, counts, _ = plot_confusion(table).data
    assert heat.z.tolist()[1] == [0, 0]
    assert list(counts.text) == ["8", "2"]


@pytest.mark.parametrize("plot", [plot_confusion, lambda table: plot_per_class(scores(table.index))])
def test_a_class_name_is_text_never_markup(plot):
    figure = plot(confusion(("<b>ants</b><a href='https://x'>", "%{x} & bees, a name that goes on and on")))
    text = str(figure.to_dict())
    assert "<b>" not in text
    assert "<a" not in text
    assert "%{x} &amp; bees, a name tha…" in text


def test_names_that_look_like_numbers_stay_names():
    figure = plot_confusion(confusion(("1", "01")))
    assert figure.layout.xaxis.ticktext == ("1", "01")


def test_reliability_shows_each_bin_with_its_interval():
    table = pd.DataFrame(
        {
            "from": [0.5, 0.9],
            "to": [0.6, 1.0],
            "images": [4, 10],
            "confidence": [0.55, 0.97],
            "accuracy": [0.5, 0.9],
            "low": [0.2, 0.7],
            "high": [0.8, 1.0],
        }
    )
    bars = plot_reliability(table).data[0]
    assert bars.x.tolist() == pytest.approx([0.55, 0.95])
    assert bars.error_y.array.tolist() == pytest.approx([0.3, 0.1])
    assert bars.error_y.arrayminus.tolist() == pytest.approx([0.3, 0.2])


def test_the_timeline_names_each_kind_with_its_number_of_images():
    table = pd.DataFrame(
        {"id": ["a<b>.jpg", "b", "c"], "kind": ["never", "always", "always"], 0: [0, 1, 0], 1: [0, 1, 1]}
    )
    figure = plot_timeline(table.astype({0: bool, 1: bool}))
    assert figure.data[0].z.tolist() == [[0, 0], [1, 1], [0, 1]]
    assert figure.data[0].customdata[0][0] == "a&lt;b&gt;.jpg"
    assert figure.layout.yaxis.ticktext == ("never · 1", "always · 2")
    assert list(figure.layout.yaxis.tickvals) == [0.0, 1.5]


def scores(names=("ants", "bees")):
    return pd.DataFrame(
        {
            "name": list(names),
            "precision": [0.9, 0.8],
            "recall": [0.7, 0.6],
            "recall_low": [0.6, 0.5],
            "recall_high": [0.8, 0.75],
            "support": [10, 12],
        }
    )


def test_recall_has_an_interval_and_the_first_class_is_on_top():
    figure = plot_per_class(scores())
    recall = lines(figure)["recall"]
    assert recall.error_x.array.tolist() == pytest.approx([0.1, 0.15])
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert figure.layout.yaxis.ticktext == ("ants", "bees")


@pytest.mark.parametrize("classes", [2, 30, 100])
def test_the_confusion_matrix_has_room_for_its_names_and_can_show_shares(classes):
    names = [f"class number {number}" for number in range(classes)]
    counts = pd.DataFrame(np.eye(classes, dtype=int) * 4, index=names, columns=names)
    counts.iloc[0, 1] = 4
    figure = plot_confusion(counts, shares=True)
    axis = figure.layout.yaxis
    assert figure.layout.height / len(axis.tickvals) >= 17  # pixels per name; a name is 10 to 12 px high
    assert figure.layout.yaxis.scaleanchor is None  # so the figure uses the full width
    cells = figure.data[-1]
    assert "class number 0 → class number 1<br>4 images, 50% of its class" in cells.hovertext
    numbers = [trace for trace in figure.data if trace.type == "scatter" and trace.mode == "text"]
    assert [list(trace.text)[:2] for trace in numbers] == ([["50%", "50%"]] if classes == 2 else [])


def test_the_timeline_of_many_epochs_has_no_gaps_that_wash_it_out():
    long = pd.DataFrame({"id": ["a"], "kind": ["always"], **{epoch: [True] for epoch in range(296)}})
    assert plot_timeline(long).data[0].xgap == 0
    assert plot_timeline(long[["id", "kind", *range(10)]]).data[0].xgap == 1


def test_runs_have_the_colours_they_are_given_and_many_a_legend_below():
    tables = [epochs().assign(run=f"run {number}") for number in range(6)]
    figure = plot_accuracy_by_epoch(pd.concat(tables), ["test"], colours={"run 1": "#123456"})
    assert lines(figure)["run 1"].line.color == "#123456"
    assert figure.layout.legend.yanchor == "bottom"
    assert figure.layout.height > 360
