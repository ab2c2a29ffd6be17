import json
import os

import pytest

from tlcore.data.catalog import open_dataset
from tlcore.errors import RunNotFound, RunUnreadable
from tlcore.runs.folder.run import Run, create_run, find_run, list_runs
from tlcore.runs.folder.status import read_status, write_status
from tlcore.training.resolve import resolve


@pytest.fixture
def make_run(configure):
    def make(facts=None):
        config = configure()
        return create_run(resolve(config), open_dataset(config.data), "fingerprint", facts or {})

    return make


def test_runs_made_in_the_same_second_have_folders_of_their_own(make_run):
    runs = [make_run() for _ in range(3)]
    assert len({run.path for run in runs}) == 3
    assert {run.path for run in list_runs()} == {run.path for run in runs}


def test_a_run_is_found_by_name_beginning_path_or_latest(make_run):
    run = make_run()
    for name in (run.name, run.name[:-3], str(run.path), "latest"):
        assert find_run(name).path == run.path


def test_an_unknown_or_ambiguous_name_says_which_runs_there_are(make_run, home):
    with pytest.raises(RunNotFound, match=r"No run 'x': there are none in .* yet"):
        find_run("x")
    first, second = make_run(), make_run()
    with pytest.raises(RunNotFound, match=f"2 runs begin with '20': .*{second.name}"):
        find_run("20")
    with pytest.raises(RunNotFound, match=f"No run 'nothing' in .*{first.name}"):
        find_run("nothing")


def test_a_run_that_cannot_be_described_leaves_no_folder(make_run, home):
    with pytest.raises(RunUnreadable, match="device: Input should be a valid string"):
        make_run({"device": 3})
    assert list((home / "runs").iterdir()) == []


def test_config_goes_to_the_folder_and_back(make_run, configure):
    assert make_run().config == resolve(configure())


def test_a_damaged_run_file_is_an_error_that_names_it(make_run):
    run = make_run()
    (run.path / "run.json").write_text("{")
    with pytest.raises(RunUnreadable, match=r"run\.json is not the description of a run: it cannot be read as JSON"):
        _ = Run(run.path).info


def test_a_running_run_whose_process_is_gone_is_interrupted(make_run):
    run = make_run()
    write_status(run.path, "running", epoch=3)
    assert run.status().state == "running"
    content = json.loads((run.path / "status.json").read_text())
    assert content["pid"] == os.getpid()
    # the same process number with another start time: a different process
    (run.path / "status.json").write_text(json.dumps({**content, "process_started": 1.0}))
    assert run.status().state == "interrupted"
    assert run.status().epoch == 3


def test_a_status_that_is_missing_or_damaged_counts_as_interrupted(tmp_path):
    assert read_status(tmp_path).state == "interrupted"
    (tmp_path / "status.json").write_text('{"state": "dancing"}')
    assert read_status(tmp_path).state == "interrupted"
