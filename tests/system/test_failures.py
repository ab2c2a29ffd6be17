"""Failures of the machine become one sentence, whichever library reports them; a bug keeps its traceback."""

import errno
import io
import logging
import os

import pytest
import torch

from tests.support.web import entries
from tlcore.cli.main import main
from tlcore.errors import ConfigError, OutOfMemory, StorageError
from tlcore.system.failures import as_user_error, tell, without_paths
from tlcore.system.files import write_atomic
from tlcore.system.home import Space, in_space


class Full(io.RawIOBase):
    """A file on a disk with room for only a few bytes."""

    def __init__(self, room: int) -> None:
        self.room = room

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        if len(data) > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= len(data)
        return len(data)


def raised_by(call) -> BaseException:
    try:
        call()
    except Exception as failure:
        return failure
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("room", [0, 100, 2000])
def test_a_checkpoint_on_a_full_disk_says_so_where_torch_speaks_of_positions(room, tmp_path):
    def save(file):
        torch.save({"w": torch.ones(10_000)}, Full(room))

    told = as_user_error(raised_by(lambda: write_atomic(tmp_path / "epoch-001.pt", save)))
    assert isinstance(told, StorageError)
    assert "No space left in" in str(told)
    assert "free some, then resume" in str(told)


def test_a_full_disk_names_the_folder_of_the_file(tmp_path):
    def fail(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    told = as_user_error(raised_by(lambda: write_atomic(tmp_path / "a.json", fail)))
    assert str(told).startswith(f"No space left in {tmp_path}: ")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EDQUOT, "No space left in /home/me/.tlcore/runs"),
        (errno.EROFS, "/home/me/.tlcore/runs/x cannot be written: the file system is read-only"),
        (errno.EACCES, "/home/me/.tlcore/runs/x may not be read or written by this user"),
    ],
)
def test_a_file_that_cannot_be_written_is_named(number, words):
    error = OSError(number, os.strerror(number), "/home/me/.tlcore/runs/x")
    assert words in str(as_user_error(error))


@pytest.mark.parametrize(
    "failure",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("could not create a primitive"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you"),
        RuntimeError("DataLoader worker (pid 71) is killed by signal: Killed. "),
        RuntimeError("DataLoader worker (pid(s) 71, 72) exited unexpectedly"),
    ],
)
def test_too_little_memory_says_how_to_need_less(failure):
    told = as_user_error(failure)
    assert isinstance(told, OutOfMemory)
    assert str(told) == "Not enough memory: use a smaller batch, smaller images, or fewer workers."


def test_the_memory_of_a_gpu_is_named():
    told = as_user_error(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"))
    assert "Not enough memory of the GPU" in str(told)


def test_too_little_shared_memory_has_its_own_message():
    bus = "DataLoader worker (pid 5) is killed by signal: Bus error. It is possible that shared memory is too small"
    told = as_user_error(RuntimeError(bus))
    assert "Not enough shared memory (/dev/shm)" in str(told)


def test_a_tlcore_error_stays_itself_and_a_bug_is_none():
    ours = ConfigError("no")
    assert as_user_error(ours) is ours
    for bug in (KeyError("x"), ValueError("x"), RuntimeError("size mismatch"), FileNotFoundError(2, "no", "x")):
        assert as_user_error(bug) is None


def test_a_bug_that_shows_while_an_error_is_handled_is_still_a_bug():
    def blunder():
        try:
            raise OSError(errno.EACCES, "no", "x")
        except OSError:
            {}["x"]

    assert as_user_error(raised_by(blunder)) is None


def test_the_command_line_reports_a_failure_in_one_sentence_and_a_bug_keeps_its_traceback(monkeypatch, capsys):
    from tlcore.cli import runs

    def fails_with(error):
        def run(arguments):
            raise error

        monkeypatch.setattr(runs, "run", run)

    fails_with(OSError(errno.ENOSPC, "No space left on device", "/somewhere/file"))
    assert main(["runs"]) == 1
    assert capsys.readouterr().err.startswith("error: No space left in /somewhere: free some")
    fails_with(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        main(["runs"])


def test_a_visitor_is_told_of_a_bug_only_the_id_that_the_log_has(tmp_path, caplog):
    bug = ValueError("in /srv/place/x.py")
    assert tell(bug, "work failed") == "ValueError: in /srv/place/x.py"
    with in_space(Space(tmp_path / "spaces" / "a", tmp_path)):
        told = tell(bug, "work failed")
    (record,) = caplog.records
    assert told == f"Something went wrong here. Error {record.facts['error_id']}; the host finds it in the log."
    assert record.exc_info[1] is bug


def test_a_visitor_sees_no_path_of_the_server(tmp_path):
    space = Space(tmp_path / "spaces" / "a", tmp_path)
    mine, hosts = space.home / "datasets/my photos/1.png", tmp_path / "cache/x"
    text = f"{mine} and {hosts}, /usr/lib/python3.11/os.py: at 3/4 of train/ants/1.png"
    assert without_paths(text) == text
    with in_space(space):
        assert without_paths(text) == "my photos/1.png and cache/x, os.py: at 3/4 of train/ants/1.png"
        full = OSError(errno.ENOSPC, "full", str(space.home / "runs" / "r" / "x"))
        assert str(tmp_path) not in tell(full, "work failed")


def test_work_for_a_visitor_that_fails_unexpectedly_tells_its_id_and_logs_the_rest(home, tmp_path, monkeypatch, capsys):
    def broken(arguments):
        raise RuntimeError("in /srv/secret/place")

    monkeypatch.setattr("tlcore.cli.device.run", broken)
    monkeypatch.setattr("tlcore.hosting.limits.quotas.limit_spaces", lambda: None)
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path / "spaces" / "0123456789abcdef0123456789abcdef"))
    monkeypatch.setenv("TLCORE_HOST", str(tmp_path))
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        assert main(["device"]) == 1
    finally:
        root.handlers[:], level = before
        root.setLevel(level)
        logging.captureWarnings(False)
    (entry,) = entries((tmp_path / "logs" / "work.jsonl").read_text())
    said = f"error: Something went wrong here. Error {entry['error_id']}; the host finds it in the log.\n"
    assert capsys.readouterr().err == said
    assert entry["who"] == "01234567"
    assert entry["traceback"].endswith("RuntimeError: in /srv/secret/place")
