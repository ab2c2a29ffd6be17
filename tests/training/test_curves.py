import tlcore
from tlcore.figures.training import plot_curves, plot_learning_rates, plot_times


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
