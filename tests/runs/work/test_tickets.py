"""The queue of a hosted dashboard without its dispatcher: what is submitted, taken back, and refused."""

import json

import pytest

from tests.support.tickets import space_of, ticket_of, visiting
from tlcore.errors import CheckpointError, NotAllowed, RecordError, RunBusy
from tlcore.runs.folder.lock import only_writer
from tlcore.runs.folder.status import write_status
from tlcore.runs.start import prepare_run
from tlcore.runs.work import jobs, tickets
from tlcore.runs.work.probes import find_probe, start_probe
from tlcore.runs.work.tickets import has_ticket, list_tickets, read_tickets, submit, withdraw, withdraw_all
from tlcore.runs.work.turn import live_runs
from tlcore.runs.work.waiting import position
from tlcore.system.home import in_space


@pytest.fixture
def visit(home, colours, monkeypatch):
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    return visiting(home)


@pytest.fixture
def start_nothing(monkeypatch):
    """No process may be started."""
    for module in (jobs, "tlcore.runs.work.probes"):
        monkeypatch.setattr(f"{getattr(module, '__name__', module)}.start_detached", lambda *given, **named: 1 / 0)


def test_a_sweep_of_a_visitor_gets_a_ticket_for_each_run_and_starts_no_process(visit, configure, start_nothing):
    with visit("a"):
        runs = [prepare_run(configure(seed=seed)) for seed in (1, 2)]
        jobs.start(runs)
        assert [ticket.key for ticket in sorted(list_tickets(), key=lambda ticket: ticket.submitted)] == [
            run.path for run in runs
        ]
        assert live_runs() == runs
        assert {run.status().state for run in runs} == {"queued"}
        assert [position(run.path).place for run in runs] == [1, 2]
        assert {ticket.size for ticket in list_tickets()} == {3 * 42}
        with pytest.raises(RunBusy, match="Stop it first"):
            jobs.start(runs[:1])


def test_a_run_without_a_process_but_with_a_ticket_is_queued_and_not_interrupted(visit, configure):
    with visit("a"):
        run = prepare_run(configure())
        jobs.start([run])
        write_status(run.path, "running", phase="train", pid=2**22 + 1, process_started=1.0)  # its worker was killed
        assert (run.status().state, run.status().is_live, live_runs()) == ("queued", True, [run])
        withdraw(run.path)
        assert run.status().state == "interrupted"


def test_a_waiting_run_that_is_stopped_leaves_the_queue_at_once(visit, configure, start_nothing):
    with visit("a"):
        run = prepare_run(configure())
        jobs.start([run])
        jobs.stop(run)
        assert (run.status().state, list_tickets(), position(run.path)) == ("stopped", (), None)
        jobs.resume(run)
        assert run.status().state == "queued"


def test_a_waiting_evaluation_that_is_stopped_leaves_the_run_as_it_was(visit, configure, start_nothing, monkeypatch):
    with visit("a"):
        run = prepare_run(configure())
        with pytest.raises(CheckpointError):
            jobs.start_evaluation(run)
        monkeypatch.setattr(type(run), "epochs", lambda self: [0, 1])
        write_status(run.path, "finished", epoch=1, epochs=1)
        jobs.start_evaluation(run)
        assert (run.status().state, run.status().phase, run.status().is_live) == ("finished", "predict", True)
        assert list_tickets()[0].words == "evaluating"
        jobs.stop(run)
        assert (run.status().state, run.status().phase, list_tickets()) == ("finished", "", ())


def test_a_probe_of_a_visitor_waits_with_a_ticket_until_it_is_taken_back(visit, configure, start_nothing):
    with visit("a"):
        probe = start_probe("rates-1", ["find-lr", "--json"], configure())
        assert probe.is_live
        assert position(probe.folder).place == 1
        (ticket,) = list_tickets()
        assert ticket.command == ("find-lr", "--json", "--config", str(probe.folder / "config.json"))
        probe.stop()
        assert (probe.is_live, probe.was_stopped, list_tickets()) == (False, True, ())
        probe.cancel()
        assert find_probe("rates-1") is None


def test_what_is_not_accepted_leaves_nothing_behind(visit, configure, monkeypatch):
    def refuse(asked):
        raise NotAllowed(f"{len(asked)} too many.")

    monkeypatch.setattr(tickets, "_checks", [refuse])
    with visit("a"):
        run = prepare_run(configure())
        with pytest.raises(NotAllowed, match="1 too many"):
            jobs.start([run])
        with pytest.raises(NotAllowed):
            start_probe("rates-1", ["find-lr", "--json"], configure())
        assert (list_tickets(), find_probe("rates-1"), run.status().is_live) == ((), None, False)


def test_nobody_takes_the_work_of_another_visitor_out(home, visit, configure, start_nothing):
    with visit("a"):
        run = prepare_run(configure())
        jobs.start([run])
        probe = start_probe("rates-1", ["find-lr", "--json"], configure())
    link = space_of(home, "b").home / "runs" / "mine"
    link.parent.mkdir(parents=True)
    link.symlink_to(run.path)
    forged = [run.path, link, link.parent / ".." / ".." / run.path.relative_to(home / "spaces"), probe.folder]
    with visit("b"):
        for path in forged:
            with pytest.raises(NotAllowed, match="not yours"):
                withdraw(path)
        for action in (jobs.stop, jobs.resume, jobs.start_evaluation, jobs.delete):
            with pytest.raises((NotAllowed, CheckpointError)):
                action(run)
        for attempt in (probe.stop, probe.cancel):
            with pytest.raises(NotAllowed, match="not yours"):
                attempt()
        with pytest.raises(NotAllowed):
            submit([list_tickets()[0]])
        assert withdraw_all() == 0
        assert position(run.path).place  # it may be seen with a link to the run, but nothing can be done
    assert len(list_tickets()) == 2
    assert not (run.path / "stop").exists()
    assert not probe.was_stopped
    assert withdraw_all() == 2  # the host may


def test_damaged_and_forged_tickets_hide_nothing(home):
    good, other = ticket_of(home, "a", "good"), ticket_of(home, "a", "other")
    with in_space(space_of(home, "a")):
        submit([good, other])
    folder = home / "queue" / "tickets"
    (path,) = (path for path in folder.iterdir() if json.loads(path.read_text())["key"] == str(other.key))
    entry = json.loads(path.read_text())
    (folder / ("0" * 32 + ".json")).write_text(path.read_text())  # for another folder
    (folder / "folder.json").mkdir()
    for number, change in enumerate(
        (
            {"command": ["serve"]},
            {"command": []},
            {"home": str(home)},
            {"home": str(home / "spaces" / "..")},
            {"key": str(home / "runs" / "x")},
            {"output": "../../x"},
            {"submitted": -1},
            {"more": 1},
        )
    ):
        path.write_text(json.dumps({**entry, **change}))
        assert path in read_tickets()[1], number
        assert tickets.find_ticket(other.key) is None
    for content in ("", "{", "[" * 10_000, '{"key": "\\ud800"}', "\0"):
        path.write_text(content)
        found, damaged = read_tickets()
        assert (found, path in damaged) == ((good,), True)
    assert has_ticket(other.key)
    with in_space(space_of(home, "a")):
        assert withdraw(other.key)


def test_a_ticket_with_a_command_that_no_page_has_is_not_accepted(home):
    ticket = ticket_of(home, "a", "one").model_copy(update={"command": ("serve", "--host", "0.0.0.0")})
    with in_space(space_of(home, "a")), pytest.raises(RecordError, match="unknown command, 'serve'"):
        submit([ticket])


def test_a_ticket_submitted_again_under_the_same_key_is_another_one(home):
    first = ticket_of(home, "a", "one", submitted=1.0)
    with in_space(space_of(home, "a")):
        submit([first])
        with pytest.raises(RunBusy, match="one waits in the queue already"):
            submit([first])
        withdraw(first.key)
        second = first.model_copy(update={"submitted": 2.0})
        submit([second])
    assert tickets.find_ticket(first.key) == second != first


def test_a_run_that_is_written_by_its_worker_is_not_marked_by_others(visit, configure, start_nothing):
    with visit("a"):
        run = prepare_run(configure())
        jobs.start([run])
        with only_writer(run.path):
            jobs.stop(run)
            assert (run.path / "stop").exists()  # the worker sees it
