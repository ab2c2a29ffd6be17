"""Records that name a home which may be moved."""

from pathlib import Path

from tlcore.system.portable import MARK, located, portable

HOME = Path("/srv/home")


def test_paths_in_the_home_move_with_it_and_all_else_stays():
    data = {"source": "/srv/home/datasets/x", "other": ["/srv/home2/x", "none", 1, None], "home": "/srv/home"}
    moved = portable(data, HOME)
    assert moved == {"source": f"{MARK}/datasets/x", "other": ["/srv/home2/x", "none", 1, None], "home": MARK}
    assert located(moved, Path("/new")) == data | {"source": "/new/datasets/x", "home": "/new"}
    assert located(data, Path("/new")) == data
