import pytest

import tlcore
from tlcore.config import ScheduleConfig
from tlcore.figures.training import plot_curves, plot_learning_rates, plot_lr_finder, plot_times
from tlcore.training.curves import rates_table, schedule_table
from tlcore.training.optimisation.schedules import Schedule


def test_the_curves_of_a_run_are_drawn_from_its_own_table(configure):
    run = tlcore.train(configure(strategy={"name": "fine_tuning"}))
    table, records = run.curves(), run.history()
    assert list(table["run"]) == [run.name] * 4
    assert list(table["val_loss"]) == [record.val_loss for record in records]
    assert list(table["learning_rates.head"]) == [record.learning_rates["head"] for record in records]
    assert table["train_loss"].isna().tolist() == [True, False, False, False]
    figure = plot_curves(table, "loss", run.config.epochs)
    assert list(figure.data[1].y) == list(table["val_loss"])
    assert [trace.name for trace in plot_learning_rates(table, 3).data] == list(records[0].learning_rates)
    assert list(plot_times(table, 3).data[0].y) == list(table["seconds"])


def test_the_table_of_a_schedule_goes_from_the_warm_up_to_the_end():
    table = schedule_table(Schedule(ScheduleConfig(name="cosine", warmup_epochs=2), epochs=10), 0.5, points=11)
    assert table["epochs_done"].tolist() == list(range(11))
    rates = table["learning_rate"].tolist()
    assert rates[:3] == pytest.approx([0.0, 0.25, 0.5])
    assert rates[6] == pytest.approx(0.25)
    assert rates[-1] == pytest.approx(0.0, abs=1e-9)


def test_the_table_of_a_range_test_has_its_points_and_not_its_progress():
    points = [{"learning_rate": rate, "loss": 1.0, "smoothed_loss": 0.5} for rate in (1e-4, 1e-3)]
    table = rates_table([{"phase": "features", "done": 1}, *points, {"suggestion": {"learning_rate": 1e-3}}])
    assert table.to_dict("records") == points
    assert list(plot_lr_finder(table).data[0].x) == [1e-4, 1e-3]
    assert rates_table([{"phase": "prepare"}]).empty
