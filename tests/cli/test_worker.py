from tlcore.cli.main import main
from tlcore.data.catalog import fingerprint, open_dataset
from tlcore.runs.folder.layout import predictions_path
from tlcore.runs.folder.run import create_run
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve


def make_run(config):
    dataset = open_dataset(config.data)
    return create_run(plan_run(resolve(config), dataset).config, dataset, fingerprint(dataset), {})


def test_a_worker_trains_what_it_is_told_and_evaluates_it(configure):
    first, second = make_run(configure()), make_run(configure(seed=1))
    assert main(["worker", first.name, str(second.path)]) == 0
    for run in (first, second):
        assert (run.status().state, run.status().note) == ("finished", None)
        assert all(predictions_path(run.path, "test", epoch).exists() for epoch in (0, 1, 2, 3))


def test_a_worker_that_only_evaluates_trains_nothing(configure):
    run = make_run(configure())
    assert main(["worker", "--evaluate-only", run.name]) == 0
    assert run.epochs() == []
    assert "has no checkpoint to evaluate yet" in run.status().note


def test_an_unknown_run_is_an_error(capsys):
    assert main(["worker", "nothing"]) == 1
    assert "No run 'nothing'" in capsys.readouterr().err
