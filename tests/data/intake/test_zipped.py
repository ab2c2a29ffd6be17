"""Photographs in a zip: the same as in files, nothing unpacked, hostile archives refused or their entries listed."""

import io
import zipfile

import pytest

from tests.support.photographs import jpeg, photograph
from tlcore.data.intake.inputs import open_photographs
from tlcore.data.intake.photographs import image_digest
from tlcore.data.intake.zipped import ZipSource, check_zip
from tlcore.data.pixels.digests import MISSING
from tlcore.errors import DatasetInvalid, DatasetNotFound, UnreadableImage

PICTURE = jpeg(photograph(64, 48))


def zip_of(path, entries, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_they_are_read_in_place_with_the_digests_of_files(tmp_path):
    path = zip_of(tmp_path / "shots.zip", {"b/2.jpg": PICTURE, "1.jpg": PICTURE[:-9] + b"123456789", "c.csv": b"a,b"})
    photographs = open_photographs(path)
    assert (photographs.name, photographs.ids) == ("shots", ("1.jpg", "b/2.jpg"))
    assert photographs.source.digests(["b/2.jpg"]) == [image_digest(PICTURE)]
    assert photographs.source.decode("b/2.jpg").image.size == (64, 48)
    assert photographs.source.load("b/2.jpg").shape == (3, 48, 64)
    assert photographs.notes == ("Not counted: 1 file, no images, like c.csv.",)
    assert photographs.source.file("1.jpg") is None
    assert [entry.name for entry in tmp_path.iterdir()] == ["shots.zip"]


def test_digests_of_an_archive_are_kept_until_it_is_written_again(tmp_path, monkeypatch):
    monkeypatch.setattr("tlcore.data.intake.zipped.RACY_NS", 0)
    path = zip_of(tmp_path / "shots.zip", {"a.jpg": PICTURE})
    first = open_photographs(path).source.digests(["a.jpg"])
    with monkeypatch.context() as patch:
        patch.setattr(ZipSource, "read", None)
        assert open_photographs(path).source.digests(["a.jpg"]) == first
    zip_of(path, {"a.jpg": jpeg(photograph(64, 48, seed=1))})
    assert open_photographs(path).source.digests(["a.jpg"]) != first


def test_entries_that_cannot_be_read_are_listed(tmp_path):
    path = zip_of(
        tmp_path / "shots.zip", {"a.jpg": PICTURE, "../out.jpg": PICTURE, "in.zip": b"PK", "text.jpg": b"text"}
    )
    photographs = open_photographs(path)
    assert [(image.id, image.reason.partition(":")[0]) for image in photographs.skipped] == [
        ("../out.jpg", "the name leads out of the archive"),
        ("in.zip", "an archive inside the archive"),
    ]
    with pytest.raises(UnreadableImage, match="not an image"):
        photographs.source.decode("text.jpg")


def test_a_damaged_entry_is_one_unreadable_image(tmp_path):
    path = zip_of(tmp_path / "shots.zip", {"a.jpg": PICTURE, "b.jpg": PICTURE}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.index(PICTURE) + 500] ^= 0xFF
    path.write_bytes(data)
    source = open_photographs(path).source
    with pytest.raises(UnreadableImage, match="^damaged in the archive: pack it again$"):
        source.read("a.jpg")
    assert source.digests(["a.jpg", "b.jpg"]) == [MISSING, image_digest(PICTURE)]
    path.unlink()
    with pytest.raises(UnreadableImage, match="no such image in the archive"):
        source.read("c.jpg")


def test_archives_that_cannot_be_trusted_are_refused(tmp_path, monkeypatch):
    with pytest.raises(DatasetNotFound, match=r"Cannot read .*none\.zip: No such file"):
        open_photographs(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_bytes(b"text")
    with pytest.raises(DatasetInvalid, match="This is not a zip file"):
        open_photographs(tmp_path / "text.zip")
    with pytest.raises(DatasetInvalid, match="There are no images in the archive"):
        open_photographs(zip_of(tmp_path / "table.zip", {"a.csv": b"path,label"}))
    monkeypatch.setattr("tlcore.data.intake.archive._SMALL_BYTES", 1 << 20)
    bomb = zip_of(tmp_path / "bomb.zip", {f"{number}.bmp": bytes(1 << 20) for number in range(2)})
    for check in (open_photographs, lambda path: check_zip(io.BytesIO(path.read_bytes()))):
        with pytest.raises(DatasetInvalid, match="as no images do"):
            check(bomb)
