"""What a visitor may store: refused before the first byte, with the limit, what is used, and what to do."""

import io
import os
import zipfile

import pytest
from PIL import Image

from tests.support.photographs import jpeg
from tests.support.spaces import VISITOR, visiting
from tlcore.data.intake.building import new_draft
from tlcore.data.intake.library import store_unlabelled, store_unlabelled_zip
from tlcore.data.intake.upload import stage_archive, stage_table
from tlcore.errors import NotAllowed
from tlcore.hosting.limits import quotas
from tlcore.hosting.limits.disk import measure_all
from tlcore.hosting.limits.measure import Contents, measure
from tlcore.system import allowance
from tlcore.system.cache import DiskCache
from tlcore.system.files import write_json
from tlcore.system.home import Space, in_space

BLOCK = 4096


def photographs(number, first=0):
    return [
        (f"{i}.jpg", io.BytesIO(jpeg(Image.new("RGB", (40, 36), (20 * i, 0, 0))))) for i in range(first, first + number)
    ]


def zipped(uploads):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, file in uploads:
            archive.writestr(f"{'ants' if int(name[0]) % 2 else 'bees'}/{name}", file.getvalue())
    return packed


def test_photographs_one_by_one_stay_within_the_number_of_images(home):
    with visiting(home, images_per_visitor=3):
        draft = new_draft("insects")
        draft.add_class("ants")
        assert len(draft.add("ants", photographs(2)).names) == 2
        with pytest.raises(NotAllowed) as error:
            draft.add("ants", photographs(2, first=2))
        assert str(error.value) == (
            "You can have 3 images on this shared dashboard. You have 2, so there is no room for 2 more. "
            "Delete a dataset or photographs that you do not need."
        )
        assert draft.counts == {"ants": 2}
        assert len(draft.add("ants", photographs(1, first=2)).names) == 1


@pytest.mark.parametrize("limit", ["images_per_visitor", "bytes_per_visitor"])
def test_a_zip_that_has_no_room_is_refused_before_it_is_unpacked(home, limit):
    packed = zipped(photographs(8))
    with visiting(home, **{limit: 7}) as visited:
        with pytest.raises(NotAllowed, match="You can have 7 images|You have 7 B on this shared dashboard. 0 B are"):
            list(stage_archive(packed, "insects"))
        assert [path for path in visited.home.rglob("*") if path.is_file()] == []
    with visiting(home):
        list(stage_archive(packed, "insects"))


def test_an_uploaded_table_counts_its_images(home):
    table = ("labels.csv", io.BytesIO(b"path,label\n0.jpg,ants\n1.jpg,bees\n"))
    with visiting(home, images_per_visitor=2), pytest.raises(NotAllowed, match="You can have 2 images"):
        list(stage_table(table, photographs(2), "insects"))


def test_a_stored_zip_counts_the_images_in_it(home):
    packed = zipped(photographs(5))
    with visiting(home, images_per_visitor=6):
        store_unlabelled_zip("first", packed)
        assert measure(home / "spaces" / VISITOR).images == 5
        with pytest.raises(NotAllowed, match="You have 5, so there is no room for 5 more"):
            store_unlabelled_zip("second", packed)
        with pytest.raises(NotAllowed, match="You have 5, so there is no room for 2 more"):
            store_unlabelled("loose", photographs(2))


def test_only_so_many_and_so_large_files_in_one_go(home):
    with visiting(home, uploads_at_once=2, bytes_per_upload="1 MB"):
        with pytest.raises(
            NotAllowed, match="At most 2 files are taken in one go on this shared dashboard, and these "
        ):
            store_unlabelled("many", photographs(3))
        with pytest.raises(
            NotAllowed, match="A file may have 1.0 MB on this shared dashboard, and this one has 1.5 MB"
        ):
            store_unlabelled("large", [("a.jpg", io.BytesIO(bytes(1_500_000)))])


def test_every_file_of_a_full_space_is_refused_but_small_ones(home):
    with visiting(home, bytes_per_visitor=1_000_000) as visited:
        write_json(visited.home / "runs/a/large.json", "x" * 900_000)
        with pytest.raises(NotAllowed) as error:
            write_json(visited.home / "runs/a/more.json", "x" * 150_000)
        assert str(error.value).startswith("You have 1.0 MB on this shared dashboard. 90")
        assert "kB are used, and this takes 150 kB more. Delete datasets, photographs or runs" in str(error.value)
        assert os.listdir(visited.home / "runs/a") == ["large.json"]
        write_json(visited.home / "runs/a/more.json", "x" * 60_000)
        write_json(visited.home / "runs/a/status.json", "x" * 60_000)  # a bit more than the limit
        (visited.home / "runs/a/large.json").unlink()
        write_json(visited.home / "runs/a/again.json", "x" * 150_000)


def test_ones_own_caches_make_way_and_are_not_counted(home):
    cache = DiskCache("rows", ".npy")
    with visiting(home, bytes_per_visitor=1_000_000) as visited:
        for number in range(12):
            cache.save(f"{number:x}", lambda file: file.write(bytes(100_000)))
            if cache.has(f"{number:x}"):
                os.utime(cache.path(f"{number:x}"), (number, number))
        assert cache.has("b")
        assert not cache.has("0")
        assert measure(visited.home).all_bytes <= 1_000_000
        write_json(visited.home / "large.json", "x" * 900_000)
        assert measure(visited.home).cache_bytes <= 100_000
        cache.save("f", lambda file: file.write(bytes(200_000)))
        assert not cache.has("f")


def test_the_share_of_the_disk_is_kept_with_the_oldest_caches_of_all(home):
    other = Space(home / "spaces" / ("f" * 32), home)
    cache = DiskCache("rows", ".npy")
    with visiting(home, disk_bytes=1_000_000) as visited:
        for number, space in enumerate((other, visited, Space(home))):
            with in_space(space):
                cache.save(f"{number}", lambda file: file.write(bytes(200_000)))
                os.utime(cache.path(f"{number}"), (number + 1, number + 1))
        write_json(visited.home / "a.json", "x" * 250_000)
        write_json(visited.home / "b.json", "x" * 250_000)
        assert not (other.home / "cache/rows/0.npy").exists()
        assert cache.has("1")
        write_json(visited.home / "c.json", "x" * 400_000)
        with pytest.raises(NotAllowed) as error:
            write_json(visited.home / "d.json", "x" * 100_000)
        assert str(error.value) == (
            "The disk of this shared dashboard is full: 1.0 MB are for all visitors together. Nothing can be stored "
            "until somebody deletes something, or a space expires that nobody has used for 24 h 00 min. Try again "
            "later."
        )
        assert sum(contents.all_bytes for contents in measure_all().values()) <= 1_000_000


def test_two_uploads_at_a_time_share_the_room(home):
    with visiting(home, images_per_visitor=10):
        first = stage_archive(zipped(photographs(6)), "first")
        next(first)
        with pytest.raises(NotAllowed, match="no room for 6 more"):
            next(stage_archive(zipped(photographs(6)), "second"))
        first.close()
        list(stage_archive(zipped(photographs(6)), "third"))


def test_without_the_hosts_answer_nothing_is_stored(home, monkeypatch):
    monkeypatch.setattr(allowance, "_answers", [])
    with visiting(home) as visited, pytest.raises(NotAllowed, match="limits of this shared dashboard are not known"):
        write_json(visited.home / "a.json", "x")
    write_json(home / "a.json", "x")


def test_on_ones_own_machine_nothing_is_measured(home, monkeypatch):
    monkeypatch.setattr(quotas, "measure", None)
    monkeypatch.setenv("TLCORE_HOSTED_BYTES_PER_VISITOR", "1")
    store_unlabelled("loose", photographs(2))
    list(stage_archive(zipped(photographs(8)), "insects"))


def test_links_count_once_and_are_not_followed(home):
    (home / "datasets/a").mkdir(parents=True)
    (home / "datasets/a/1.jpg").write_bytes(bytes(BLOCK))
    (home / "edits/added").mkdir(parents=True)
    os.link(home / "datasets/a/1.jpg", home / "edits/added/1.jpg")
    (home / "runs/one").mkdir(parents=True)
    (home / "runs/.deleted-two").mkdir()
    (home / "datasets/a/self").symlink_to(home)
    found = measure(home)
    assert (found.images, found.runs, found.cache_bytes) == (1, 1, 0)
    assert BLOCK <= found.kept_bytes < 2 * BLOCK
    assert measure(home / "nothing") == Contents()
