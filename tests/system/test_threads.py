"""Threads work in the space of the code that starts them."""

from functools import partial

from tlcore.system.home import Space, home_dir, in_space
from tlcore.system.threads import pool_of, start_thread


def test_a_pool_and_a_thread_work_in_the_space_that_started_them(tmp_path):
    for name in ("one", "other"):
        homes = []
        with in_space(Space(tmp_path / name, tmp_path)):
            with pool_of(2) as pool:
                homes += pool.map(lambda _: home_dir(), range(2))
            start_thread(partial(_note, homes)).join(60)
        assert homes == [tmp_path / name] * 3


def _note(homes):
    homes.append(home_dir())
