"""Work is refused before it begins: what is left of today, runs, memory, and the disk that a run takes."""

import pytest

from tests.support.spaces import visiting
from tlcore.config import parse_config
from tlcore.errors import NotAllowed
from tlcore.hosting.limits.usage import add_usage
from tlcore.runs.folder.run import list_runs
from tlcore.runs.start import prepare_run, prepare_runs
from tlcore.runs.work import jobs
from tlcore.runs.work.tickets import list_tickets, withdraw
from tlcore.system.home import SPACES


@pytest.fixture
def asked(home, make_images, monkeypatch):
    images = str(make_images(train=3, val=2, test=2))
    monkeypatch.setenv("TLCORE_DATA", images)
    return lambda **fields: parse_config(
        {
            "data": {"source": images},
            "model": {"backbone": "small_cnn", "weights": "none"},
            "strategy": {"name": "from_scratch"},
            "epochs": 3,
            "device": "cpu",
            **fields,
        }
    )


def refused(home, configs, **limits) -> str:
    with visiting(home, **limits) as visited, pytest.raises(NotAllowed) as error:
        prepare_runs(configs)
    assert not (visited.home / "runs").exists()
    return str(error.value)


def test_a_run_has_only_so_many_epochs(home, asked):
    assert refused(home, [asked(epochs=5)], epochs_per_run=4) == (
        "A run can have 4 epochs on this shared dashboard, and this one has 5. Set fewer."
    )


def test_a_sweep_is_refused_as_a_whole_if_its_epochs_are_too_many_for_today(home, asked):
    text = refused(home, [asked(), asked(seed=1), asked(seed=2)], epochs_per_day=8)
    assert text.startswith(
        "You can train 8 epochs a day on this shared dashboard. 0 are done today and 0 wait, and this"
    )
    assert "and this is 9 more. Train fewer, or wait: all are yours again at 00:00 UTC, in " in text


def test_what_was_done_and_what_waits_counts_for_today(home, asked):
    with visiting(home, epochs_per_day=8) as visited:
        add_usage(visited.home, epochs=2)
        first, second = prepare_runs([asked(), asked(seed=1)])
        jobs.start([first])
        assert len(list_tickets()) == 1
        jobs.start([second])
        with pytest.raises(NotAllowed, match="2 are done today and 6 wait, and this is 3 more"):
            prepare_run(asked(seed=2))
    with visiting(home, epochs_per_day=7):
        withdraw(second.path)
        with pytest.raises(NotAllowed, match="2 are done today and 3 wait, and this is 3 more"):
            jobs.start([second])
    assert len(list_tickets()) == 1


def test_without_seconds_left_nothing_is_accepted(home, asked):
    add_usage(home / SPACES / ("0123456789abcdef" * 2), seconds=61)
    assert refused(home, [asked()], seconds_per_day=60).startswith(
        "Your work can compute for 1 min 00 s a day on this shared dashboard, and 1 min 01 s are used. You have time "
        "again at 00:00 UTC, in "
    )


def test_a_visitor_has_so_many_runs_at_a_time(home, asked):
    with visiting(home, runs_per_visitor=2):
        prepare_run(asked())
        with pytest.raises(NotAllowed, match="You can have 2 runs on this shared dashboard. You have 1, and this is 2"):
            prepare_runs([asked(seed=1), asked(seed=2)])
        assert len(list_runs()) == 1
        jobs.delete(list_runs()[0])
        assert len(prepare_runs([asked(seed=1), asked(seed=2)])) == 2


def test_a_run_that_exceeds_the_memory_is_refused_with_what_would_fit(home, asked):
    text = refused(home, [asked(batch_size=64)], worker_bytes="815 MB")
    assert text.startswith("This run would take about 8")
    assert "of memory, and a run has 815.0 MB on this shared dashboard. It fits with a batch size of " in text
    assert text.endswith("Smaller images and a smaller network take less, and training only the head.")
    text = refused(home, [asked()], worker_bytes="1 MB")
    assert "1.0 MB on this shared dashboard. Smaller images and a smaller network take less" in text


def test_a_run_that_would_not_fit_on_the_disk_is_refused_before_it_begins(home, asked):
    text = refused(home, [asked()], bytes_per_visitor=100_000)
    assert (
        "on the disk, with a checkpoint for each epoch, and you have 100 kB on this shared dashboard. Train fewer "
        in text
    )


def test_on_ones_own_machine_nothing_is_refused(home, asked, monkeypatch):
    for name in ("EPOCHS_PER_RUN", "WORKER_BYTES", "RUNS_PER_VISITOR"):
        monkeypatch.setenv(f"TLCORE_HOSTED_{name}", "1")
    assert len(prepare_runs([asked(), asked(seed=1)])) == 2
