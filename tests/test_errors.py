"""Error messages also suit the dashboard; the command line itself adds hints that only apply there."""

import pickle

import pytest

from tlcore.cli import main as command_line
from tlcore.errors import CheckpointError


@pytest.fixture
def failing(monkeypatch, capsys):
    """Calls a failing command with options; returns what it printed."""

    def call(*options: str) -> str:
        def fail(arguments):
            raise CheckpointError("Run x has no epoch yet.", cli="Start it with `resume x`.")

        monkeypatch.setattr(command_line.find_lr, "run", fail)
        assert command_line.main(["find-lr", *options]) == 1
        return capsys.readouterr().err

    return call


def test_the_command_line_adds_its_own_hints(failing):
    assert failing() == "error: Run x has no epoch yet. Start it with `resume x`.\n"


def test_programs_that_ask_for_json_get_the_message_alone(failing):
    assert failing("--json") == "error: Run x has no epoch yet.\n"


def test_a_hint_survives_the_way_between_processes():
    error = pickle.loads(pickle.dumps(CheckpointError("Nothing.", cli="Try it.")))
    assert (str(error), error.cli) == ("Nothing.", "Try it.")
