import subprocess
import threading

import pytest

from tests.support.waiting import LIMIT_S
from tlcore.errors import CommandFailed
from tlcore.system.spawn import run, said_error, start, start_detached


def test_the_output_of_a_command_is_returned(home):
    assert run(["runs"]).startswith(f"No runs in {home / 'runs'} yet.")


def test_a_command_that_fails_raises_the_message_that_it_ended_with():
    with pytest.raises(CommandFailed, match=r"^There is nothing at .*nowhere"):
        run(["audit", "--data", "/nowhere"])


def test_a_process_finds_this_package_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with start(["-q"], module="tlcore.drawing.demo", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        output, _ = process.communicate(b"[]")
    assert (process.returncode, output) == (0, b"")


def test_much_on_standard_error_does_not_block(monkeypatch, tmp_path):
    (tmp_path / "loud.py").write_text("import sys; sys.stderr.write('x' * 300_000); print('done')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with start([], module="loud", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        output, errors = process.communicate(timeout=LIMIT_S)
    assert output.strip() == b"done"
    assert len(errors) == 300_000


def test_a_detached_process_tells_its_exit_status(tmp_path):
    ended, statuses = threading.Event(), []

    def note(status):
        statuses.append(status)
        ended.set()

    with (tmp_path / "out").open("wb") as out:
        start_detached(["runs", "--no-such-option"], out, out, ended=note)
    assert ended.wait(60)
    assert statuses == [2]


def test_the_message_is_separated_from_other_output():
    assert said_error("Downloading\nerror: No such file.\nGive another.") == "No such file.\nGive another."
    assert said_error("Traceback (most recent call last):\n  File x\nValueError: bad") == "ValueError: bad"
    assert said_error("") == ""
