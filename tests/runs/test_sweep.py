import pytest

from tlcore.data.catalog import open_dataset
from tlcore.errors import ConfigError
from tlcore.figures.training import plot_sweep
from tlcore.runs.folder.run import create_run, list_runs
from tlcore.runs.restore import plan_to_resume
from tlcore.runs.start import prepare_run
from tlcore.runs.sweep import members, sweep_configs, sweep_of, sweep_table
from tlcore.runs.work.execute import execute
from tlcore.system.drive import drive
from tlcore.training.resolve import resolve


def test_a_sweep_is_one_run_for_each_pair_and_differs_in_nothing_else(configure):
    config = resolve(configure(optimizer={"name": "sgd", "momentum": 0.5}))
    configs = sweep_configs(config, [0.1, 0.01, 0.1], [0, 1e-4])
    pairs = [(each.optimizer.learning_rate, each.optimizer.weight_decay) for each in configs]
    assert pairs == [(0.1, 0), (0.1, 1e-4), (0.01, 0), (0.01, 1e-4)]
    assert all(each.replace(optimizer=config.optimizer.model_dump()) == config for each in configs)


def test_a_sweep_of_one_is_refused(configure):
    with pytest.raises(ConfigError, match="needs two runs at least"):
        sweep_configs(resolve(configure()), [0.1], [0, 0])


def test_a_learning_rate_out_of_range_is_refused(configure):
    with pytest.raises(ConfigError, match="optimizer.learning_rate"):
        sweep_configs(resolve(configure()), [0.1, -1], [0])


def test_a_group_with_its_own_learning_rate_is_refused(configure):
    config = resolve(configure(strategy={"name": "fine_tuning", "learning_rates": {"head": 0.1}}))
    with pytest.raises(ConfigError, match="head has one of its own"):
        sweep_configs(config, [0.1, 0.01], [0])


def test_the_runs_of_a_sweep_are_found_by_its_name_in_order(configure):
    config = resolve(configure())
    dataset = open_dataset(config.data)
    other = create_run(config, dataset, "fingerprint", {})
    made = [
        create_run(each, dataset, "fingerprint", {"sweep": "sweep-1"})
        for each in reversed(sweep_configs(config, [0.01, 0.1], [0, 0.5]))
    ]
    assert sweep_of(other) is None
    assert members(list_runs(), "sweep-1") == made[::-1]


def test_the_table_of_a_sweep_has_the_best_epoch_so_far_of_each_run(configure):
    config = resolve(configure(epochs=2))
    trained, waits = [prepare_run(each) for each in sweep_configs(config, [0.1], [0, 0.5])]
    drive(execute(trained, plan_to_resume(trained)))
    table = sweep_table([trained, waits])
    assert list(table["weight_decay"]) == [0, 0.5]
    assert table["val_accuracy"][0] == max(record.val_accuracy for record in trained.history())
    assert table["val_accuracy"].isna().tolist() == [False, True]
    plot_sweep(table)
