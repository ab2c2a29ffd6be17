"""What a visitor has used today is counted outside of the space."""

import shutil

from tests.support.spaces import VISITOR, visiting
from tlcore.hosting.limits import usage
from tlcore.hosting.limits.usage import add_usage, forget_old_usage, free_again, usage_dir, usage_today

NOON = 20_000 * 86_400 + 43_200.0


def test_usage_adds_up_and_outlives_the_space(home, monkeypatch):
    monkeypatch.setattr(usage.time, "time", lambda: NOON)
    with visiting(home) as visited:
        add_usage(visited.home, seconds=1.5, epochs=2)
        add_usage(visited.home, seconds=2.0)
        shutil.rmtree(visited.home)
    used = usage_today(home / "spaces" / VISITOR)
    assert (used.seconds, used.epochs) == (3.5, 2)
    assert usage_today(home / "spaces" / ("f" * 32)).epochs == 0
    assert free_again() == "at 00:00 UTC, in 12 h 00 min"


def test_a_new_day_begins_with_nothing_used(home, monkeypatch):
    monkeypatch.setattr(usage.time, "time", lambda: NOON)
    add_usage(home / "a", epochs=2)
    monkeypatch.setattr(usage.time, "time", lambda: NOON + 43_200)
    assert usage_today(home / "a").epochs == 0
    add_usage(home / "a", epochs=1)
    assert usage_today(home / "a").epochs == 1


def test_a_damaged_record_counts_as_nothing_and_old_ones_are_forgotten(home, monkeypatch):
    add_usage(home / "a", epochs=2)
    (usage_dir() / "a.json").write_text("{")
    assert usage_today(home / "a").epochs == 0
    forget_old_usage()
    assert (usage_dir() / "a.json").exists()
    now = usage.time.time()
    monkeypatch.setattr(usage.time, "time", lambda: now + 3 * 86_400)
    forget_old_usage()
    assert not (usage_dir() / "a.json").exists()
