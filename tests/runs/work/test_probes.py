import os

import pytest

from tests.support.waiting import eventually
from tlcore.errors import ConfigError
from tlcore.runs.work.probes import find_probe, start_probe


def wait_for_end(probe):
    eventually(lambda: probe.is_live, False)


def test_a_probe_prints_lines_that_are_found_again_under_its_key(configure):
    assert find_probe("rates-1") is None
    probe = start_probe("rates-1", ["find-lr", "--json", "--steps", "12"], configure())
    assert start_probe("rates-1", ["find-lr", "--json"], configure()) == probe == find_probe("rates-1")
    wait_for_end(probe)
    lines = probe.lines()
    assert sum("smoothed_loss" in line for line in lines) == 12, probe.error()
    assert set(lines[-1]["suggestion"]) == {"learning_rate", "reason"}


def test_a_projection_is_a_probe_too(configure):
    probe = start_probe("projection-1", ["train", "--dry-run", "--json"], configure(strategy={"name": "fine_tuning"}))
    wait_for_end(probe)
    (line,) = probe.lines()
    assert line["projection"]["epoch_s"] > 0
    assert line["projection"]["epochs"] == 3


def test_a_failed_probe_says_why(configure):
    probe = start_probe("rates-2", ["find-lr", "--json"], configure(data={"source": "/nowhere"}))
    wait_for_end(probe)
    assert probe.lines() == []
    assert probe.error().startswith("There is nothing at /nowhere.")


def test_a_cancelled_probe_is_over_and_forgotten(configure):
    probe = start_probe("rates-3", ["find-lr", "--json", "--steps", "1000000000"], configure())
    assert probe.is_live
    probe.cancel()
    wait_for_end(probe)
    assert find_probe("rates-3") is None


def test_a_stopped_probe_is_over_and_keeps_its_output(configure):
    probe = start_probe("rates-4", ["find-lr", "--json", "--steps", "1000000000"], configure())
    assert not probe.was_stopped
    probe.stop()
    wait_for_end(probe)
    assert find_probe("rates-4") == probe
    assert probe.was_stopped


def test_a_probe_that_another_process_is_starting_counts_as_running(home):
    folder = home / "cache/probes/rates-5"
    folder.mkdir(parents=True)
    assert find_probe("rates-5").is_live
    os.utime(folder, (0, 0))
    assert not find_probe("rates-5").is_live


def test_of_each_kind_the_newest_are_kept(configure, home, monkeypatch):
    monkeypatch.setattr("tlcore.runs.work.probes.start_detached", lambda *arguments: 2**30)
    monkeypatch.setattr("tlcore.runs.work.probes.KEPT", 2)
    for number, key in enumerate(["labels-1", "rates-1", "rates-2", "rates-3"]):
        probe = start_probe(key, ["find-lr"], configure())
        os.utime(probe.folder, (number, number))
    start_probe("rates-4", ["find-lr"], configure())
    assert {path.name for path in (home / "cache/probes").iterdir()} == {"labels-1", "rates-3", "rates-4"}


@pytest.mark.parametrize("key", ["../elsewhere", "a/b", ""])
def test_a_key_never_leads_to_another_folder(configure, key):
    with pytest.raises(ConfigError, match="not a key"):
        find_probe(key)
