"""Logging to standard error, and the JSON log: a line for each event, whatever is in it; failures have an id."""

import logging
import re
import subprocess
import sys

import pytest

from tests.support.web import entries
from tlcore.system.home import Space, in_space
from tlcore.system.logs import LOGS, failure_words, log_as_json, log_event, log_failure, log_to_stderr, log_work

CODE = """
import logging, warnings
from tlcore.system.logs import log_to_stderr
log_to_stderr()
logging.getLogger("tlcore.runs").info("Training run %s", "a")
logging.getLogger("other").info("what another library says at leisure")
warnings.warn("of Python")
"""


@pytest.fixture(autouse=True)
def logging_as_before():
    root, own = logging.getLogger(), logging.getLogger("tlcore")
    before = root.handlers[:], root.level, own.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    own.setLevel(before[2])
    logging.captureWarnings(False)


def test_each_line_of_a_process_that_nobody_watches_has_its_time_and_level():
    result = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    first, *others = result.stderr.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} INFO Training run a", first)
    assert re.match(r"\d{4}-.* WARNING .*of Python", others[0])
    assert "at leisure" not in result.stderr


def test_an_event_is_one_line_of_json_whatever_is_in_it(tmp_path, capsys):
    log_as_json(tmp_path / LOGS, "server")
    hostile = 'a\n{"level": "error", "event": "forged"}\r\u2028\x1b[31m\x00\u202e'
    log_event("page", page=hostile, seconds=0.25, times=3, nothing=None, endless=float("inf"))
    written = (tmp_path / LOGS / "server.jsonl").read_bytes()
    assert written.isascii()
    (entry,) = entries(written.decode())
    assert entry["page"] == hostile
    assert (entry["event"], entry["level"], entry["seconds"], entry["times"]) == ("page", "info", 0.25, 3)
    assert entry["endless"] == "inf"
    assert "nothing" not in entry
    assert capsys.readouterr().err.encode() == written


def test_a_failure_is_found_by_the_id_that_the_visitor_sees(tmp_path):
    log_as_json(tmp_path / LOGS, "server", to_stderr=False)
    try:
        raise ValueError("in /srv/place")
    except ValueError as error:
        error_id = log_failure(error, "page failed", page="train")
    (entry,) = entries((tmp_path / LOGS / "server.jsonl").read_text())
    assert entry["error_id"] == error_id
    assert entry["traceback"].endswith("ValueError: in /srv/place")
    assert failure_words(error_id) == f"Something went wrong here. Error {error_id}; the host finds it in the log."


def test_the_log_tells_visitors_apart_by_digits_that_open_nothing(tmp_path):
    log_as_json(tmp_path / LOGS, "server", to_stderr=False)
    with in_space(Space(tmp_path / "spaces" / "0123456789abcdef0123456789abcdef", tmp_path)):
        log_event("trained")
    log_event("started")
    first, second = entries((tmp_path / LOGS / "server.jsonl").read_text())
    assert first["who"] == "01234567"
    assert "who" not in second


def test_the_log_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("tlcore.system.logs.FILE_BYTES", 2_000)
    log_as_json(tmp_path / LOGS, "server", to_stderr=False)
    for number in range(200):
        log_event("page", text="x" * 5_000, number=number)
    files = sorted((tmp_path / LOGS).iterdir())
    assert len(files) == 5
    assert sum(file.stat().st_size for file in files) < 5 * 2_500
    assert entries(files[0].read_text())[-1]["number"] == 199


def test_work_for_a_visitor_is_in_the_hosts_log_and_on_ones_own_machine_in_none(home, tmp_path):
    log_to_stderr()
    assert len(logging.getLogger().handlers) == 1
    with in_space(Space(tmp_path / "spaces" / "0123456789abcdef0123456789abcdef", tmp_path)):
        for set_up in (log_to_stderr, log_work):
            set_up()
            log_event("trained")
    written = entries((tmp_path / LOGS / "work.jsonl").read_text())
    assert [(entry["event"], entry["who"]) for entry in written] == [("trained", "01234567")] * 2


def test_an_error_that_passes_several_hands_keeps_its_id(tmp_path):
    log_as_json(tmp_path / LOGS, "server", to_stderr=False)
    error = ValueError("once")
    assert log_failure(error, "run failed") == log_failure(error, "work failed")
    assert len(entries((tmp_path / LOGS / "server.jsonl").read_text())) == 1


def test_a_folder_that_cannot_be_written_leaves_the_other_log(tmp_path, capsys):
    (tmp_path / LOGS).write_text("in the way")
    log_as_json(tmp_path / LOGS, "server")
    log_event("started")
    told, line = capsys.readouterr().err.splitlines()
    assert told.startswith("The log cannot be written to ")
    assert entries(line)[0]["event"] == "started"
