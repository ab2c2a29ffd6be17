import time

import pytest

from tlcore.errors import ConfigError
from tlcore.runs.work.trials import find_trial, start_trial

DEADLINE_S = 60


def wait_for_end(trial):
    give_up = time.monotonic() + DEADLINE_S
    while trial.is_live:
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_a_trial_prints_lines_that_whoever_asks_the_same_finds_again(configure):
    assert find_trial("rates-1") is None
    trial = start_trial("rates-1", ["find-lr", "--json", "--steps", "12"], configure())
    assert start_trial("rates-1", ["find-lr", "--json"], configure()) == trial == find_trial("rates-1")
    wait_for_end(trial)
    lines = trial.lines()
    assert sum("smoothed_loss" in line for line in lines) == 12, trial.error()
    assert set(lines[-1]["suggestion"]) == {"learning_rate", "reason"}


def test_a_projection_is_a_trial_too(configure):
    trial = start_trial("projection-1", ["train", "--dry-run", "--json"], configure(strategy={"name": "fine_tuning"}))
    wait_for_end(trial)
    (line,) = trial.lines()
    assert line["projection"]["epoch_s"] > 0
    assert line["projection"]["epochs"] == 3


def test_what_went_wrong_is_said(configure):
    trial = start_trial("rates-2", ["find-lr", "--json"], configure(data={"source": "/nowhere"}))
    wait_for_end(trial)
    assert trial.lines() == []
    assert trial.error().startswith("There is nothing at /nowhere.")


def test_a_cancelled_trial_is_over_and_forgotten(configure):
    trial = start_trial("rates-3", ["find-lr", "--json", "--steps", "1000000000"], configure())
    assert trial.is_live
    trial.cancel()
    wait_for_end(trial)
    assert find_trial("rates-3") is None


@pytest.mark.parametrize("key", ["../elsewhere", "a/b", ""])
def test_a_key_never_leads_to_another_folder(configure, key):
    with pytest.raises(ConfigError, match="not a key"):
        find_trial(key)
