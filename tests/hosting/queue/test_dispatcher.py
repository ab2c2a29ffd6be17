"""The dispatcher in this process, with tiny programs in place of the work."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from tests.support.tickets import space_of, ticket_of
from tests.support.waiting import eventually
from tlcore.errors import RunBusy
from tlcore.hosting.limits.usage import add_usage, usage_today
from tlcore.hosting.queue import dispatcher, pulse
from tlcore.hosting.queue.dispatcher import dispatch
from tlcore.hosting.queue.pulse import worker_health
from tlcore.hosting.queue.shared_scans import SharedScans
from tlcore.runs.folder.status import write_status
from tlcore.runs.start import prepare_run
from tlcore.runs.work import jobs
from tlcore.runs.work.probes import Probe
from tlcore.runs.work.tickets import find_ticket, has_ticket, list_tickets, queue_dir, submit, withdraw
from tlcore.runs.work.waiting import UnderWay, position, read_state
from tlcore.system.home import as_host, in_space
from tlcore.system.liveness import start_time

KILLED = "import os; os.kill(os.getpid(), 9)"
ENDLESS = "import time\nwhile True: time.sleep(0.1)"


class Programs:
    """What is started for a ticket: a line of Python by the name of its folder. Else it ends at once."""

    def __init__(self):
        self.code, self.started, self.on_start, self.processes = {}, [], {}, []

    def start(self, command, stdout, stderr, detached):
        name = Path(stdout.name).parent.name
        self.started.append(name)
        self.on_start.get(name, lambda: None)()
        code = self.code.get(name, "pass")
        process = subprocess.Popen([sys.executable, "-S", "-c", code], stdout=stdout, stderr=stderr)
        self.processes.append(process)
        return process


@pytest.fixture(autouse=True)
def _accept_all_work(monkeypatch):
    """What is accepted, the server decides before; here it is what becomes of it."""
    monkeypatch.setattr("tlcore.runs.start._checks", [])
    monkeypatch.setattr("tlcore.runs.work.tickets._checks", [])


@pytest.fixture
def programs(monkeypatch):
    programs = Programs()
    monkeypatch.setattr("tlcore.hosting.queue.piece.start", programs.start)
    monkeypatch.setattr("tlcore.hosting.queue.carrying_out.POLL_S", 0.01)
    monkeypatch.setattr("tlcore.hosting.queue.carrying_out.WATCH_S", 0.0)
    monkeypatch.setattr(dispatcher, "HOUSE_S", 1e9)
    yield programs
    for process in programs.processes:
        process.kill()
        process.wait()


def put(home, *tickets):
    for ticket in tickets:
        with in_space(space_of(home, ticket.home.name[0])):
            submit([ticket])


def serve_all(memory=lambda pid: 0):
    dispatch(lambda: not list_tickets(), memory)


def error_of(ticket):
    return Probe(ticket.key).error()


def make_run(home, configure, colours, monkeypatch):
    monkeypatch.setenv("TLCORE_DATA", str(colours))
    with in_space(space_of(home, "a")):
        run = prepare_run(configure())
        jobs.start([run])
    return run


def test_visitors_are_served_in_turn_while_the_host_waits_and_the_time_is_counted(home, programs):
    sweep = [ticket_of(home, "a", f"a{number}", submitted=number) for number in (1, 2, 3)]
    other = ticket_of(home, "b", "b1", submitted=9)
    held = []

    def look():
        with pytest.raises(Timeout):
            FileLock(home / "turn.lock").acquire(blocking=False)
        assert position(sweep[0].key).place == 0
        health = worker_health()
        assert (health.alive, health.work, health.waiting) == (True, "checking every image", 3)
        held.append(True)

    programs.on_start = {"a1": look, "b1": lambda: put(home, ticket_of(home, "c", "c1"))}
    put(home, *sweep, other)
    serve_all()
    assert programs.started == ["a1", "b1", "a2", "c1", "a3"]
    assert held
    assert read_state().under_way is None
    assert 0 < read_state().took["audit"] < 60
    assert usage_today(other.home).seconds > 0
    assert worker_health().waiting == 0


def test_work_that_is_killed_again_and_again_is_given_up_and_others_have_their_turn(home, programs):
    bad, good = ticket_of(home, "a", "bad", submitted=1), ticket_of(home, "b", "good", submitted=2)
    programs.code["bad"] = KILLED
    put(home, bad, good)
    serve_all()
    assert programs.started == ["bad", "bad", "bad", "good"]
    assert error_of(bad).startswith("Its process was ended by signal 9 3 times before it was done")
    assert error_of(good) == ""


def test_work_that_fails_by_itself_is_not_started_again(home, programs):
    ticket = ticket_of(home, "a", "one")
    programs.code["one"] = "import sys; sys.exit('error: There is nothing.')"
    put(home, ticket)
    serve_all()
    assert programs.started == ["one"]
    assert error_of(ticket) == "There is nothing."


def test_work_that_is_taken_back_ends_and_so_does_that_of_a_deleted_space(home, programs):
    one, two = ticket_of(home, "a", "one", submitted=1), ticket_of(home, "b", "two", submitted=2)
    programs.code = {"one": ENDLESS, "two": ENDLESS}

    def take_back():
        with in_space(space_of(home, "a")):
            withdraw(one.key)

    programs.on_start = {"one": take_back, "two": lambda: two.key.rename(home / "aside")}
    put(home, one, two)
    serve_all()
    assert programs.started == ["one", "two"]
    assert all(process.poll() is not None for process in programs.processes)
    assert not two.key.exists()


def test_a_ticket_submitted_again_while_the_old_work_ends_is_carried_out(home, programs):
    first = ticket_of(home, "a", "one", submitted=1)
    second = first.model_copy(update={"submitted": 2.0})
    programs.code["one"] = ENDLESS

    def submit_again():
        if len(programs.started) > 1:
            programs.code["one"] = "pass"
            return
        with in_space(space_of(home, "a")):
            withdraw(first.key)
            submit([second])

    programs.on_start["one"] = submit_again
    put(home, first)
    serve_all()
    assert programs.started == ["one", "one"]


def test_too_much_memory_ends_the_work_and_the_figure_is_told(home, programs, monkeypatch, configure, colours):
    monkeypatch.setenv("TLCORE_HOSTED_WORKER_BYTES", "1_000_000_000")
    run = make_run(home, configure, colours, monkeypatch)
    probe = ticket_of(home, "b", "probe")
    programs.code = {run.name: ENDLESS, "probe": ENDLESS}
    put(home, probe)
    serve_all(memory=lambda pid: 1_234_000_000)
    words = "ended because it took 1.2 GB of memory; 1.0 GB is the most on this shared dashboard. Try it with a smaller"
    assert words in error_of(probe)
    assert run.status().state == "failed"
    assert words in run.status().error


def test_the_memory_is_that_of_a_process_and_its_children():
    from tlcore.hosting.queue.limits_of_work import memory_bytes

    child = "x = b'1' * (80 << 20); print(1, flush=True); input()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert 80 << 20 < memory_bytes(process.pid) < 160 << 20
        process.communicate(b"\n")
    assert memory_bytes(2**22 + 1) == 0


def test_when_the_seconds_of_today_are_used_up_a_run_stops_and_can_be_resumed(
    home, programs, monkeypatch, configure, colours
):
    monkeypatch.setenv("TLCORE_HOSTED_SECONDS_PER_DAY", "100")
    run = make_run(home, configure, colours, monkeypatch)
    programs.code[run.name] = ENDLESS
    programs.on_start[run.name] = lambda: add_usage(space_of(home, "a").home, seconds=100)
    waiting = ticket_of(home, "a", "probe", submitted=1e10)
    programs.on_start[run.name] = lambda: (add_usage(run.path.parents[1], seconds=100), put(home, waiting))
    serve_all()
    assert programs.started == [run.name]  # the second does not begin
    status = run.status()
    assert (status.state, status.error) == ("stopped", None)
    assert "your computing of today is used up: 1 min 40 s of 1 min 40 s on this shared dashboard" in status.note
    assert "at 00:00 UTC" in status.note
    assert status.note.endswith("All whole epochs are kept: resume the run then.")
    assert error_of(waiting).endswith("Start it again then.")
    with in_space(space_of(home, "a")):
        jobs.resume(run)
    assert run.status().state == "queued"


def test_work_other_than_a_run_may_take_only_so_long(home, programs, monkeypatch):
    monkeypatch.setenv("TLCORE_HOSTED_SECONDS_PER_PIECE", "1")
    ticket = ticket_of(home, "a", "one")
    programs.code["one"] = ENDLESS
    put(home, ticket)
    serve_all()
    assert "ended because it took longer than 1.0 s, the most on this shared dashboard" in error_of(ticket)


def test_a_dispatcher_that_is_told_to_end_leaves_its_work_to_the_next_one(home, programs):
    ticket = ticket_of(home, "a", "one")
    programs.code["one"] = ENDLESS
    put(home, ticket)
    dispatch(lambda: len(programs.processes) > 0, lambda pid: 0)
    assert programs.processes[0].poll() is not None
    assert find_ticket(ticket.key) == ticket
    assert read_state().under_way is None
    programs.code["one"] = "pass"
    serve_all()
    assert programs.started == ["one", "one"]


def test_what_a_killed_dispatcher_left_running_is_ended_and_started_again(home, programs):
    first, second = ticket_of(home, "a", "first", submitted=1), ticket_of(home, "b", "second", submitted=2)
    put(home, first, second)
    left = subprocess.Popen([sys.executable, "-S", "-c", ENDLESS])
    under_way = UnderWay(ticket=second, since=time.time(), pid=left.pid, process_started=start_time(left.pid))
    state = read_state().model_copy(update={"under_way": under_way, "took": {"audit": 3.0}})
    (queue_dir() / "state.json").write_text(state.model_dump_json())
    programs.code["second"] = KILLED
    serve_all()
    left.wait()
    assert programs.started == ["second", "second", "first"]  # two further attempts
    assert "3 times" in error_of(second)


def test_a_process_that_no_record_knows_is_found_by_its_arguments(home, programs):
    ticket = ticket_of(home, "a", "one")
    put(home, ticket)
    left = subprocess.Popen([sys.executable, "-S", "-c", ENDLESS, f"{ticket.key}/config.json"])
    other = subprocess.Popen([sys.executable, "-S", "-c", ENDLESS, f"{home}/spaces/{'b' * 32}/one"])
    programs.processes.append(other)
    state = read_state().model_copy(update={"under_way": UnderWay(ticket=ticket, since=time.time())})
    (queue_dir() / "state.json").write_text(state.model_dump_json())
    serve_all()
    left.wait()
    assert other.poll() is None


def test_a_run_with_new_epochs_has_all_its_attempts_again_and_one_that_is_done_is_over(
    home, programs, monkeypatch, configure, colours
):
    run = make_run(home, configure, colours, monkeypatch)
    epochs = iter([0, 0, 1, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3])
    monkeypatch.setattr("tlcore.hosting.queue.carrying_out.epochs_of", lambda ticket: next(epochs))
    monkeypatch.setattr("tlcore.hosting.queue.book.epochs_of", lambda ticket: 0)
    commands = []
    start = programs.start

    def begin(command, **streams):
        commands.append(command)
        if len(commands) == 4:
            write_status(run.path, "finished", phase="predict", epochs=3)  # and killed while it evaluates
        if len(commands) == 5:
            write_status(run.path, "finished", epochs=3)
        return start(command, **streams)

    monkeypatch.setattr("tlcore.hosting.queue.piece.start", begin)
    serve_all()
    assert [command[1] == "--evaluate-only" for command in commands] == [False, False, False, False, True]
    assert run.status().state == "finished"


def test_a_ticket_that_cannot_be_carried_out_does_not_stop_the_others(home, programs, caplog):
    bad, good = ticket_of(home, "a", "bad", submitted=1), ticket_of(home, "b", "good", submitted=2)
    target = home / "secret"
    target.write_text("x")
    (bad.key / bad.output).symlink_to(target)
    put(home, bad, good)
    serve_all()
    assert programs.started == ["good"]
    assert target.read_text() == "x"
    assert error_of(bad) == "The server had a problem with this. Try again, or ask the host."


def test_damaged_tickets_are_set_aside_and_a_failing_housekeeping_ends_nothing(home, programs, monkeypatch, caplog):
    monkeypatch.setattr(dispatcher, "HOUSE_S", 0.0)
    monkeypatch.setattr(dispatcher, "keep_house", lambda settings: 1 / 0)
    damaged = home / "queue" / "tickets" / ("0" * 32 + ".json")
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{")
    ticket = ticket_of(home, "a", "one")
    put(home, ticket)
    programs.on_start["one"] = lambda: eventually(damaged.exists, False)
    serve_all()
    assert (home / "queue" / "damaged" / damaged.name).exists()
    eventually(lambda: "The housekeeping failed" in caplog.text)


def test_shared_datasets_are_scanned_once_for_all_one_at_a_time(monkeypatch):
    started = []

    class Ends:
        def poll(self):
            return 0

    monkeypatch.setattr(
        "tlcore.hosting.queue.shared_scans.start", lambda command, **streams: started.append(command[-1]) or Ends()
    )
    monkeypatch.setattr("tlcore.hosting.queue.shared_scans.list_sources", lambda: ["demo", "/a", "/b"])
    scans = SharedScans()
    scans.look_for_datasets()
    for _ in range(3):
        scans.go_on()
    scans.look_for_datasets()
    scans.go_on()
    assert started == ["/a", "/b"]  # the demo is not drawn yet
    monkeypatch.setattr("tlcore.hosting.queue.shared_scans.is_drawn", lambda: True)
    scans.look_for_datasets()
    scans.go_on()
    assert started == ["/a", "/b", "demo"]


def test_a_host_has_one_dispatcher(home, programs):
    ticket = ticket_of(home, "a", "one")

    def another():
        with pytest.raises(RunBusy, match="Another process already carries out the work"):
            dispatch(lambda: True)

    programs.on_start["one"] = another
    put(home, ticket)
    serve_all()
    assert not has_ticket(ticket.key)


def test_without_its_server_a_dispatcher_ends_when_nothing_waits(home, programs, monkeypatch):
    ticket = ticket_of(home, "a", "one")
    put(home, ticket)
    with as_host():
        pulse.appear(pulse.SERVER)
    os.utime(queue_dir() / pulse.SERVER, (0, 0))
    monkeypatch.setattr(dispatcher, "SERVER_GONE_S", 0.0)
    dispatch(lambda: False)
    assert programs.started == ["one"]


def test_a_dispatcher_whose_home_was_deleted_ends_and_does_not_make_it_again(home, programs, monkeypatch):
    ticket = ticket_of(home, "a", "one")
    programs.code["one"] = ENDLESS
    # all at once: other threads write meanwhile
    programs.on_start["one"] = lambda: home.rename(home.with_name("deleted"))
    monkeypatch.setattr(dispatcher, "SIGN_S", 0.0)
    put(home, ticket)
    dispatch(lambda: False, lambda pid: 0)
    assert programs.processes[0].poll() is not None
    assert not (home / "spaces").exists()


def test_a_dispatcher_that_gives_no_sign_of_life_is_not_well(home):
    assert (worker_health().alive, worker_health().silent_s) == (False, None)
    queue_dir().mkdir(parents=True)
    pulse.appear(pulse.DISPATCHER)
    assert worker_health().alive
    os.utime(queue_dir() / pulse.DISPATCHER, (time.time() - 60,) * 2)
    assert not worker_health().alive
    assert 59 < worker_health().silent_s < 70
