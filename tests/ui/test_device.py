import json

import pytest

from tlcore.errors import CommandFailed
from tlcore.system.home import cache_dir
from ui.shared import device


@pytest.fixture
def answers(monkeypatch):
    """What the other process answers, and how often it was asked."""
    asked = []
    monkeypatch.setattr(device, "run", lambda command: asked.append(command) or "a CPU\n")
    return asked


def test_the_answer_is_kept_for_the_next_process(home, answers):
    for _ in range(2):
        words = device.DeviceWords()
        words.ask()
        assert words.text == "a CPU"
    assert answers == [["device"]]


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "[" * 100_000, '{"key": 1, "text": "x"}', '{"text": "x"}', '{"key": [], "text": []}']
)
def test_a_damaged_answer_is_asked_for_again(home, answers, damage):
    device.DeviceWords().ask()
    kept = cache_dir() / "device.json"
    kept.write_text(damage)
    words = device.DeviceWords()
    words.ask()
    assert words.text == "a CPU"
    assert len(answers) == 2
    assert json.loads(kept.read_text())["text"] == "a CPU"


def test_a_process_that_fails_leaves_the_device_unknown(home, monkeypatch):
    def fail(command):
        raise CommandFailed("no")

    monkeypatch.setattr(device, "run", fail)
    words = device.DeviceWords()
    words.ask()
    assert words.text == "Unknown device"
