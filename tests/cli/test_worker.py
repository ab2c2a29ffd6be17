from tlcore.cli.main import main
from tlcore.runs.folder.layout import predictions_path
from tlcore.runs.start import prepare_run


def test_a_worker_trains_and_evaluates_the_given_run(configure):
    first, second = prepare_run(configure()), prepare_run(configure(seed=1))
    assert main(["worker", first.name, str(second.path)]) == 0
    for run in (first, second):
        assert (run.status().state, run.status().note) == ("finished", None)
        assert all(predictions_path(run.path, "test", epoch).exists() for epoch in (0, 1, 2, 3))


def test_a_worker_that_only_evaluates_trains_nothing(configure):
    run = prepare_run(configure())
    assert main(["worker", "--evaluate-only", run.name]) == 0
    assert run.epochs() == []
    assert "has no epoch to evaluate yet" in run.status().note


def test_an_unknown_run_is_an_error(capsys):
    assert main(["worker", "nothing"]) == 1
    assert "No run 'nothing'" in capsys.readouterr().err
