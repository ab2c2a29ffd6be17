import numpy as np
import pandas as pd

from tlcore.figures.training import (
    plot_curves,
    plot_learning_rates,
    plot_lr_finder,
    plot_schedule,
    plot_sweep,
    plot_times,
)


def epochs(run="a", count=4):
    numbers = np.arange(count)
    return pd.DataFrame(
        {
            "run": run,
            "epoch": numbers,
            "train_loss": [np.nan, *(1 / numbers[1:])],
            "val_loss": 2.0 / (numbers + 1),
            "train_accuracy": [np.nan, *(0.5 + 0.1 * numbers[1:])],
            "val_accuracy": 0.4 + 0.1 * numbers,
            "seconds": 1.5,
            "learning_rates.stem": 1e-4,
            "learning_rates.head": 1e-3,
        }
    )


def names(figure):
    return [trace.name for trace in figure.data]


def test_one_run_shows_train_and_val_and_the_chosen_epoch():
    figure = plot_curves(epochs(), "accuracy", epochs=10, best_epoch=3)
    assert names(figure) == ["train", "val", "chosen by val"]
    assert list(figure.data[2].x) == [3]
    assert np.allclose(figure.data[1].y, [0.4, 0.5, 0.6, 0.7])
    assert figure.layout.yaxis.tickformat == ".0%"
    assert 10 < figure.layout.xaxis.range[1] < 11  # room for the epochs still to come


def test_the_first_epochs_of_a_long_run_have_room():
    assert plot_curves(epochs(), "loss", epochs=3000).layout.xaxis.range[1] < 50


def test_the_epoch_that_trained_nothing_has_no_train_point():
    figure = plot_curves(epochs(), "loss", epochs=10)
    assert np.isnan(figure.data[0].y[0])
    assert figure.layout.yaxis.tickformat is None


def test_several_runs_show_val_each_in_a_look_of_its_own():
    table = pd.concat([epochs(f"run {number}") for number in range(12)])
    figure = plot_curves(table, "loss", epochs=3)
    assert names(figure) == [f"run {number}" for number in range(12)]
    looks = {(trace.line.color, trace.line.dash) for trace in figure.data}
    assert len(looks) == 12


def test_every_layer_group_has_its_learning_rate_from_the_first_trained_epoch():
    figure = plot_learning_rates(epochs(), epochs=10)
    assert names(figure) == ["stem", "head"]
    assert list(figure.data[0].x) == [1, 2, 3]


def test_times_and_a_schedule_are_drawn_as_given():
    assert list(plot_times(epochs(), epochs=3).data[0].y) == [1.5] * 4
    table = pd.DataFrame({"epochs_done": [0, 1, 2], "learning_rate": [0.1, 0.05, 0.0]})
    assert list(plot_schedule(table).data[0].y) == [0.1, 0.05, 0.0]


def test_the_range_test_marks_the_suggestion_and_is_not_flattened_by_one_batch():
    rates = np.geomspace(1e-4, 1, 9)
    smoothed = np.array([1, 0.9, 0.8, 0.6, 0.5, 0.4, 0.5, 0.8, 1.5])
    table = pd.DataFrame({"learning_rate": rates, "loss": smoothed + np.eye(9)[8] * 1e6, "smoothed_loss": smoothed})
    figure = plot_lr_finder(table, rates[3])
    assert figure.data[-1].name == "suggested: 0.0032"
    assert list(figure.data[-1].y) == [0.6]
    assert figure.layout.yaxis.range[1] < 2
    assert names(plot_lr_finder(table)) == ["of each batch", "smoothed"]


def test_a_sweep_is_a_grid_of_learning_rate_and_weight_decay():
    table = pd.DataFrame(
        {
            "learning_rate": [0.1, 0.01, 0.1, 0.01],
            "weight_decay": [0.0, 0.0, 1e-4, 1e-4],
            "val_accuracy": [0.9, 0.8, 0.7, np.nan],
        }
    )
    heatmap = plot_sweep(table).data[0]
    assert (list(heatmap.x), list(heatmap.y)) == (["0.01", "0.1"], ["0", "0.0001"])
    assert heatmap.z[0][1] == 0.9
    assert np.isnan(heatmap.z[1][0])


def test_the_axis_of_an_accuracy_stays_between_none_and_all():
    first = epochs(count=1).assign(val_accuracy=0.25)
    low, high = plot_curves(first, "accuracy", epochs=10).layout.yaxis.range
    assert 0 <= low < 0.25 < high < 1
    perfect = epochs().assign(val_accuracy=[0.0, 0.5, 1.0, 1.0])
    low, high = plot_curves(perfect, "accuracy", epochs=10).layout.yaxis.range
    assert (low, high) == (-0.02, 1.02)
    axis = plot_curves(perfect, "accuracy", epochs=10).layout.yaxis
    assert (axis.minallowed, axis.maxallowed) == (-0.02, 1.02)


def test_the_axis_of_a_learning_rate_has_a_sane_range_for_a_single_point():
    axis = plot_learning_rates(epochs(count=2).drop(columns="learning_rates.stem"), epochs=10).layout.yaxis
    assert np.allclose(axis.range, [-3.5, -2.5])
    assert {5e-4, 1e-3, 2e-3} <= {float(f"{tick:.1g}") for tick in axis.tickvals}
