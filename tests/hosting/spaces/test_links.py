"""Links: what they open for whoever has them, what they do not, and that taking one back works at once."""

import pytest

from tests.support.furnish import write_images
from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.data.intake.library import list_sources, remove
from tlcore.errors import NotAllowed
from tlcore.hosting.spaces.grants import MOST_OPENED, OPENED_FILE, forget_link, number_of, open_link, opened_links
from tlcore.hosting.spaces.links import all_links, dataset_of, list_links, make_link, take_back
from tlcore.hosting.spaces.visitors import space_of
from tlcore.runs.folder.run import find_run, list_runs
from tlcore.runs.start import prepare_run
from tlcore.system.files import write_json
from tlcore.system.home import as_host, check_readable, check_writable, in_space, is_mine


@pytest.fixture
def photos(ann):
    folder = space_of(ann).home / "datasets" / "photos"
    write_images(str(folder), images=60)
    return folder


@pytest.fixture
def run(ann, photos, configure):
    with in_space(space_of(ann)):
        return prepare_run(configure(data={"source": str(photos)}), {"device": "cpu: of the test"})


def link_to(owner, folder) -> str:
    with in_space(space_of(owner)):
        return make_link(folder)


def opened(visitor, token):
    with in_space(space_of(visitor)):
        return open_link(token, space_of(visitor))


def test_a_link_opens_a_dataset_with_its_edits_to_read(ann, bob, photos):
    with in_space(space_of(ann)):
        left_out = open_dataset(str(photos)).samples[0].id
        open_edits(str(photos)).exclude(ids=[left_out])
    token = link_to(ann, photos)
    assert opened(bob, token).name == "photos"
    with in_space(space_of(bob)):
        assert str(photos) in list_sources()
        assert left_out in open_dataset(str(photos)).left_out
        assert not is_mine(photos)
        with pytest.raises(NotAllowed, match="photos is not yours: it can be looked at, and not changed"):
            check_writable(photos)
        with pytest.raises(NotAllowed):
            check_readable(photos.parent)


def test_a_link_to_a_run_opens_its_dataset_too(ann, bob, run, photos):
    with in_space(space_of(ann)):
        assert dataset_of(run) == photos
    opened(bob, link_to(ann, run.path))
    with in_space(space_of(bob)):
        assert list_runs() == [run] == [find_run(run.name)]
        assert str(photos) in list_sources()


def test_a_link_to_a_dataset_opens_no_run(ann, bob, run, photos):
    opened(bob, link_to(ann, photos))
    with in_space(space_of(bob)):
        assert list_runs() == []


def test_a_link_that_was_taken_back_opens_nothing_at_once(ann, bob, photos):
    token = link_to(ann, photos)
    opened(bob, token)
    with in_space(space_of(ann)):
        [number] = list_links(photos)
        take_back(number)
        assert not list_links()
    assert space_of(bob).granted == ()
    assert opened(bob, token) is None
    assert not [path for path in photos.iterdir() if path.name[0] == "."]


def test_only_its_owner_and_the_host_take_a_link_back(ann, bob, photos):
    number = number_of(link_to(ann, photos))
    with in_space(space_of(bob)), pytest.raises(NotAllowed, match="This link is not yours"):
        take_back(number)
    with in_space(space_of(bob)):
        assert not list_links()
    with as_host():
        take_back(number)
        assert not all_links()


def test_a_token_is_stored_nowhere_and_its_number_opens_nothing(ann, bob, photos, home):
    token = link_to(ann, photos)
    assert len(token) >= 43  # 256 bits
    stored = [path for path in home.rglob("*") if path.is_file() and path.suffix != ".jpg"]
    assert not [path for path in stored if token in path.name or token.encode() in path.read_bytes()]
    for guess in (number_of(token), "", "../x", "x" * 10_000, "é\udc80"):
        assert opened(bob, guess) is None
    assert not (space_of(bob).home / OPENED_FILE).exists()


def test_another_dataset_of_the_same_name_is_not_opened_by_an_old_link(ann, bob, photos):
    token = link_to(ann, photos)
    opened(bob, token)
    with in_space(space_of(ann)):
        remove(str(photos))
    write_images(str(photos), images=60)
    assert space_of(bob).granted == ()
    assert opened(bob, token) is None


def test_nobody_makes_a_link_to_what_is_not_theirs(ann, bob, photos, run, home):
    opened(bob, link_to(ann, run.path))
    for folder in (photos, run.path, home / "datasets", space_of(bob).home, space_of(bob).home / "datasets" / "none"):
        with in_space(space_of(bob)), pytest.raises(NotAllowed, match="Only your own runs and datasets"):
            make_link(folder)


def test_a_visitor_forgets_a_link_and_keeps_so_many(ann, bob, photos):
    token = link_to(ann, photos)
    others = [f"{number:064x}" for number in range(MOST_OPENED)]
    with in_space(space_of(bob)):
        write_json(space_of(bob).home / OPENED_FILE, others)
    opened(bob, token)
    assert opened_links(space_of(bob).home) == (number_of(token), *others[:-1])
    with in_space(space_of(bob)):
        forget_link(number_of(token), space_of(bob))
    assert space_of(bob).granted == ()


def test_damaged_records_open_nothing(ann, bob, photos, home):
    token = link_to(ann, photos)
    opened(bob, token)
    record = home / "shares" / f"{number_of(token)}.json"
    for content in (b"{", b"[]", record.read_bytes().replace(b'"photos"', b'"../../x"')):
        record.write_bytes(content)
        assert space_of(bob).granted == ()
    (space_of(bob).home / OPENED_FILE).write_bytes(b'["../../x", 1]')
    assert opened_links(space_of(bob).home) == ()
