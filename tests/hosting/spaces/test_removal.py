"""Deleting a space: work ends first, links are taken back, all files go at once, and nobody else loses anything."""

import pytest

from tests.support.furnish import write_images
from tlcore.errors import RunBusy
from tlcore.hosting.spaces import removal
from tlcore.hosting.spaces.grants import open_link
from tlcore.hosting.spaces.links import all_links, make_link
from tlcore.hosting.spaces.removal import delete_space, end_work
from tlcore.hosting.spaces.visitors import list_spaces, space_of, touch
from tlcore.system.home import in_space


@pytest.fixture
def work(monkeypatch):
    """A piece of work that ends some looks after it was asked to."""

    class Work:
        left = None
        asked = 0

        def end(self):
            self.asked += 1
            self.left = self.left or 2

        def live(self):
            if self.left is not None:
                self.left -= 1
            return {} if self.left == 0 else {"a run": self.end}

    work = Work()
    monkeypatch.setattr(removal, "_live", work.live)
    monkeypatch.setattr(removal, "_POLL_S", 0)
    return work


def test_a_space_goes_as_a_whole_with_its_links_and_the_others_stay(ann, bob, home):
    for visitor in (ann, bob):
        write_images(str(space_of(visitor).home / "datasets" / "photos"), images=60)
        touch(space_of(visitor))
    with in_space(space_of(ann)):
        token = make_link(space_of(ann).home / "datasets" / "photos")
    with in_space(space_of(bob)):
        assert open_link(token, space_of(bob))
        make_link(space_of(bob).home / "datasets" / "photos")
    delete_space(ann)
    assert [space.home.name for space in list_spaces()] == [bob] == [path.name for path in (home / "spaces").iterdir()]
    assert space_of(bob).granted == ()
    assert [link.owner for link in all_links().values()] == [bob]
    delete_space(ann)  # there is nothing left


def test_work_is_asked_once_to_end_and_awaited_before_the_files_go(ann, work):
    touch(space_of(ann))
    delete_space(ann)
    assert work.asked == 1
    assert not list(list_spaces())


def test_while_work_goes_on_nothing_is_deleted(ann, work):
    touch(space_of(ann))
    work.left = -1
    with pytest.raises(RunBusy, match="Work is still under way. It has been asked to end. Try again"):
        delete_space(ann, ending_s=0)
    assert list(list_spaces())


def test_a_live_probe_is_ended(ann, home):
    (space_of(ann).home / "cache" / "probes" / "rates-1").mkdir(parents=True)  # as if it were starting
    end_work(ann)
    assert not list((space_of(ann).home / "cache" / "probes").iterdir())
