import io
import random
import struct
import zipfile
from contextlib import suppress
from dataclasses import replace

import pytest
from PIL import Image

from tlcore.data.intake import archive
from tlcore.data.intake.archive import LIMITS, Unpacking, unpack
from tlcore.errors import DatasetInvalid
from tlcore.system.drive import drive


def picture(colour: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (colour, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def packed(
    files: dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]], method=zipfile.ZIP_DEFLATED
) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, data in files.items() if isinstance(files, dict) else files:
            made.writestr(name, data)
    return buffer


def finish(file: io.BytesIO, folder, limits=LIMITS) -> Unpacking:
    return drive(unpack(file, folder, limits))


def refusal(file: io.BytesIO, folder, limits=LIMITS) -> str:
    with pytest.raises(DatasetInvalid) as caught:
        finish(file, folder, limits)
    return str(caught.value)


def files_below(folder) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_images_and_tables_are_unpacked_and_the_rest_is_named(root):
    names = ["top/a/1.png", "top/b/2.JPG", "top/labels.csv", "top/readme.txt", "top/inner.zip"]
    skipped = finish(packed({name: name.encode() for name in names}), root).skipped
    assert files_below(root) == sorted(names[:3])
    assert (root / "top/b/2.JPG").read_bytes() == b"top/b/2.JPG"
    assert [image.id for image in skipped] == names[3:]
    assert [image.reason for image in skipped] == [
        "not an image or a table, by its ending",
        "an archive inside the archive: unpack it, and pack what is in it",
    ]


def test_files_that_systems_add_to_archives_are_ignored(root):
    names = ["__MACOSX/a/._1.png", ".DS_Store", "a/.hidden.png", ".git/x.png", "a/Thumbs.db", "a/Icon\r", "a/1.png"]
    assert finish(packed(dict.fromkeys(names, b"x")), root) == ([], [])
    assert files_below(root) == ["a/1.png"]


def test_progress_counts_files(root):
    work = unpack(packed({f"a/{number}.png": b"x" for number in range(3)}), root)
    assert list(work) == [(1, 3), (2, 3), (3, 3)]


def test_names_written_as_utf_8_without_saying_so_are_read(root):
    info = zipfile.ZipInfo("a/B\u00e4r.png")
    file = packed([(info, b"x")])
    data = bytearray(file.getvalue())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", data, data.index(signature) + flags, 0)
    finish(io.BytesIO(bytes(data)), root)
    assert files_below(root) == ["a/Bär.png"]


@pytest.mark.parametrize("name", ["../evil.png", "..\\evil.png", "a/../../evil.png", "a/\u202egnp.png", "a/\n.png"])
def test_entries_that_would_leave_the_folder_are_left_out(root, tmp_path, name):
    skipped = finish(packed([("a/1.png", b"x"), (name, b"x")]), root).skipped
    assert files_below(root) == ["a/1.png"]
    assert not list(tmp_path.rglob("evil.png"))
    assert len(skipped) == 1
    assert skipped[0].reason in ("the name leads out of the archive", "the name holds control characters")
    assert skipped[0].id.isprintable()


@pytest.mark.parametrize("name", ["/home/me/2.png", "C:\\home\\me\\2.png", "C:home/me/2.png"])
def test_a_path_from_the_root_starts_from_the_folder(root, name):
    assert finish(packed([("a/1.png", b"x"), (name, b"x")]), root).skipped == []
    assert files_below(root) == ["a/1.png", "home/me/2.png"]


def test_a_link_is_left_out(root):
    info = zipfile.ZipInfo("a/2.png")
    info.external_attr = 0o120777 << 16
    skipped = finish(packed([("a/1.png", b"x"), (info, b"/etc/passwd")]), root).skipped
    assert [(image.id, image.reason) for image in skipped] == [("a/2.png", "a link or a device, and no file")]
    assert files_below(root) == ["a/1.png"]


def encrypted(file: io.BytesIO, name: bytes) -> io.BytesIO:
    data = bytearray(file.getvalue())
    data[data.index(name, data.index(b"PK\x01\x02")) - 46 + 8] |= 1
    return io.BytesIO(bytes(data))


def test_an_encrypted_archive_is_refused(root):
    assert "encrypted. Pack it again without" in refusal(encrypted(packed({"a/1.png": b"x"}), b"a/1.png"), root)


def test_an_encrypted_file_is_left_out(root):
    file = encrypted(packed({"a/1.png": b"x", "a/2.png": b"x"}), b"a/2.png")
    assert [(image.id, image.reason) for image in finish(file, root).skipped] == [("a/2.png", "encrypted")]


@pytest.mark.parametrize(
    ("names", "kept", "note"),
    [
        (["a/1.png", "a/1.PNG"], ["a/1-2.PNG", "a/1.png"], "'1.PNG' is '1-2.PNG'"),
        (["a/1.png", "A/2.png"], ["a/1.png", "a/2.png"], "Folders that differ in case only became one: 'A' and 'a'"),
        (["a/b.png", "a/b.png/1.png"], ["a/b.png", "a/b.png-2/1.png"], "'b.png' is 'b.png-2'"),
        (["a/b.png/1.png", "a/b.png"], ["a/b-2.png", "a/b.png/1.png"], "'b.png' is 'b-2.png'"),
        (["a?/1.png", "a*/1.png"], ["a_-2/1.png", "a_/1.png"], "'a?' is 'a_', 'a*' is 'a_-2'"),
        (["con/1.png", "x/aux.png"], ["_con/1.png", "x/_aux.png"], "'con' is '_con', 'aux.png' is '_aux.png'"),
        (["a/" + "x" * 245 + ".png"], ["a/" + "x" * 116 + ".png"], "Changed: 1 name"),
    ],
)
def test_names_that_collide_or_are_not_allowed_everywhere_are_changed(root, names, kept, note):
    unpacking = finish(packed([(name, b"x") for name in names]), root)
    assert files_below(root) == kept
    assert unpacking.skipped == []
    assert note in unpacking.notes[0]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_first_of_two_files_with_one_name_is_kept(root):
    skipped = finish(packed([("a/1.png", b"first"), ("a/1.png", b"second")]), root).skipped
    assert [(image.id, image.reason) for image in skipped] == [("a/1.png", "in the archive twice: the first is kept")]
    assert (root / "a/1.png").read_bytes() == b"first"


def test_a_file_that_lies_too_deep_is_left_out(root):
    skipped = finish(packed({"a/1.png": b"x", "d/" * 30 + "1.png": b"x"}), root).skipped
    assert [image.reason for image in skipped] == ["more than 20 folders deep"]


def test_images_whose_endings_say_nothing_are_known_by_their_first_bytes(root):
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40)
    file = packed({"a/plain": picture(), "a/x.jpg_large": picture(), "a/page": b"<html>", "a/y.heif-image": heic})
    skipped = finish(file, root).skipped
    assert files_below(root) == ["a/plain", "a/x.jpg_large", "a/y.heif-image"]
    assert [image.id for image in skipped] == ["a/page"]
    assert skipped[0].reason == "not an image, by its first bytes"


def test_folders_as_windows_writes_them_are_no_files(root):
    entries = []
    for name, data in (("ants\\", b""), ("ants\\1.png", b"x")):
        info = zipfile.ZipInfo("x")
        info.filename = info.orig_filename = name
        entries.append((info, data))
    assert finish(packed(entries), root) == ([], [])
    assert files_below(root) == ["ants/1.png"]


def test_limits_are_kept(root):
    three = packed({f"a/{number}.png": b"x" * 1000 for number in range(3)}, zipfile.ZIP_STORED)
    assert "more than 2 files" in refusal(three, root, replace(LIMITS, files=2))
    assert "lists too many files: more than 1 are" in refusal(three, root, replace(LIMITS, files=1, folders=1))
    assert "too large" in refusal(three, root, replace(LIMITS, file_bytes=999))
    assert "more than 0 folders" in refusal(three, root, replace(LIMITS, folders=0))
    assert "Unpacked, this would be" in refusal(three, root, replace(LIMITS, total_bytes=2999))
    assert "not enough space" in refusal(three, root, replace(LIMITS, free_bytes=1 << 62))
    assert "lists too many files" in refusal(three, root, replace(LIMITS, directory_bytes=100))
    assert files_below(root) == []


def test_a_bomb_is_refused_unread(root, monkeypatch):
    monkeypatch.setattr(archive, "_SMALL_BYTES", 1000)
    bomb = packed({"a/1.png": bytes(10_000_000)})
    assert "as no images do" in refusal(bomb, root)
    assert files_below(root) == []


def test_entries_that_share_their_bytes_are_refused(root):
    data = packed({"a/1.png": bytes(5000)}, zipfile.ZIP_STORED).getvalue()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entries = b"".join(data[start:end].replace(b"a/1.png", b"a/%d.png" % number) for number in range(9))
    tail = bytearray(data[end:])
    struct.pack_into("<HHL", tail, 8, 9, 9, len(entries))
    assert "as no images do" in refusal(io.BytesIO(data[:start] + entries + bytes(tail)), root)


def test_a_file_that_is_larger_than_it_says_is_left_out(root):
    data = bytearray(packed({"a/1.png": b"x" * 5000}, zipfile.ZIP_STORED).getvalue())
    struct.pack_into("<L", data, data.index(b"PK\x01\x02") + 24, 10)  # uncompressed size
    assert "'a/1.png' is damaged" in refusal(io.BytesIO(bytes(data)), root)
    assert files_below(root) == []


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip" * 100, b"Rar!\x1a\x07\x00" + bytes(100)])
def test_a_file_that_is_no_zip_is_named(root, content):
    assert "not a zip file" in refusal(io.BytesIO(content), root)


def test_a_cut_off_archive_says_so(root):
    data = packed({f"a/{number}.png": picture(number) for number in range(20)}).getvalue()
    assert "not a zip file, or it is damaged" in refusal(io.BytesIO(data[: len(data) // 2]), root)


def test_a_damaged_file_is_left_out(root):
    data = bytearray(packed({"a/1.png": picture() * 50, "a/2.png": b"x"}).getvalue())
    data[60] ^= 0xFF
    skipped = finish(io.BytesIO(bytes(data)), root).skipped
    assert [image.id for image in skipped] == ["a/1.png"]
    assert skipped[0].reason.startswith("damaged")
    assert files_below(root) == ["a/2.png"]


def test_an_unknown_compression_says_so(root):
    data = bytearray(packed({"a/1.png": b"x" * 100}).getvalue())
    for signature, method in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", data, data.index(signature) + method, 9)  # Deflate64
    assert "compressed in a way" in refusal(io.BytesIO(bytes(data)), root)


def test_an_archive_without_images_says_so(root):
    assert "no images in the archive" in refusal(packed({"a/readme.txt": b"x"}), root)
    assert "no images in the archive" in refusal(packed({}), root)
    assert "it holds 'train.zip'. Unpack that" in refusal(packed({"train.zip": b"x", "labels.txt": b"a b"}), root)


def test_random_damage_raises_nothing_else(root):
    draw = random.Random(0)
    good = packed({f"c{number % 2}/{number}.png": picture(number) for number in range(4)}).getvalue()
    for attempt in range(300):
        data = bytearray(good)
        for _ in range(draw.randint(1, 6)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        folder = root / str(attempt)
        folder.mkdir()
        with suppress(DatasetInvalid):
            finish(io.BytesIO(bytes(data)), folder)
