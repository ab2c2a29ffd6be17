"""HEIC and AVIF: what phones write, and what damaged and hostile files are refused for."""

import io
import pickle
import struct
import subprocess
import sys
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image, ImageOps
from pillow_heif import from_bytes, register_heif_opener

from tests.support import photographs
from tlcore import evaluate, load_predictor, train
from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.health.measures import measure
from tlcore.data.intake.building import new_draft
from tlcore.data.intake.upload import stage_archive
from tlcore.data.pixels.images import decode, decode_image, upright_size
from tlcore.data.pixels.sources import FileSource
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.errors import UnreadableImage
from tlcore.system.drive import drive

FORMATS = ("HEIF", "AVIF")
register_heif_opener()  # to write; the code under test registers it by itself


def photograph(width: int, height: int, seed: int = 0) -> Image.Image:
    """Grey, because both formats keep colours at half the resolution."""
    return photographs.photograph(width, height, seed).convert("L").convert("RGB")


def encoded(image: Image.Image, file_format: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def claiming(data: bytes, width: int, height: int) -> bytes:
    """The same file with another size in its header."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def close(image: Image.Image, expected: Image.Image, within: float = 6) -> bool:
    return image.size == expected.size and bool(
        np.abs(np.asarray(image).astype(int) - np.asarray(expected.convert("RGB"))).mean() < within
    )


@pytest.mark.parametrize("file_format", FORMATS)
def test_both_are_read_as_rgb(file_format):
    image = photograph(80, 60)
    found = decode(encoded(image, file_format, quality=90))
    assert (found.format, found.turned, found.image.mode) == (file_format, False, "RGB")
    assert close(found.image, image)


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_image_is_turned_once(file_format, orientation):
    image = photograph(80, 60)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(image, file_format, quality=90, exif=exif.tobytes())
    image.getexif()[0x0112] = orientation
    found = decode(data)
    assert close(found.image, ImageOps.exif_transpose(image))
    assert found.turned == (orientation != 1)
    assert upright_size(data) == found.image.size


@pytest.mark.parametrize("file_format", FORMATS)
def test_transparency_is_blended_with_white(file_format):
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 51))
    assert close(decode_image(encoded(image, file_format, quality=90)), Image.new("RGB", (64, 64), (204,) * 3))


def test_ten_bits_become_eight():
    values = np.linspace(0, 65535, 64 * 64 * 3).astype(np.uint16).reshape(64, 64, 3)
    file = io.BytesIO()
    from_bytes("RGB;16", (64, 64), values.tobytes()).save(file, quality=95)
    assert close(decode_image(file.getvalue()), Image.fromarray((values >> 8).astype(np.uint8)))


def test_ten_bits_of_grey_become_eight():
    values = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    file = io.BytesIO()
    from_bytes("L;16", (64, 64), values.tobytes()).save(file, quality=95)
    assert close(decode_image(file.getvalue()), Image.fromarray((values >> 8).astype(np.uint8)))


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_first_image_of_several_is_read(file_format):
    first, second = photograph(80, 60), photograph(80, 60, seed=1)
    assert close(decode_image(encoded(first, file_format, quality=90, save_all=True, append_images=[second])), first)


@pytest.mark.parametrize("file_format", FORMATS)
def test_damaged_and_truncated_files_are_unreadable(file_format):
    data = encoded(photograph(80, 60), file_format)
    for cut in (40, 100, len(data) // 2, len(data) - 10):
        with pytest.raises(UnreadableImage):
            decode_image(data[:cut])
    rng = np.random.default_rng(0)
    for _ in range(60):
        broken = bytearray(data)
        for at in rng.integers(0, len(data), 8):
            broken[at] = rng.integers(0, 256)
        with suppress(UnreadableImage):  # any other error would be one of a page
            decode_image(bytes(broken))


def test_half_a_heic_says_so():
    data = encoded(photograph(80, 60), "HEIF")
    with pytest.raises(UnreadableImage, match=r"^truncated: the file ends before the image does$"):
        decode_image(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((30_000, 30_000), r"^too large: "),
        ((2**31 - 1, 2**31 - 1), r"^too large: "),
        (
            (9_000, 9_000),
            r"^too large: unpacking 81 megapixels \(9000 x 9000\) takes 648 MB, and at most 400 are",
        ),
        ((90_000, 80), r"^too long: 90000 x 80 px"),
    ],
)
def test_a_heic_that_claims_a_huge_size_is_refused_before_unpacking(size, reason, monkeypatch):
    data = claiming(encoded(photograph(80, 60), "HEIF"), *size)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda image: pytest.fail("it was unpacked"))
    for look in (decode_image, upright_size):
        with pytest.raises(UnreadableImage, match=reason):
            look(data)


def test_a_heic_that_is_larger_than_it_claims_is_not_unpacked():
    data = claiming(encoded(photograph(800, 600), "HEIF"), 64, 64)
    with pytest.raises(UnreadableImage, match="Security limit exceeded"):
        decode_image(data)


def test_a_thumbnail_inside_the_file_is_not_shown_instead_of_the_image(tmp_path):
    image = photograph(800, 600)
    (tmp_path / "a.heic").write_bytes(encoded(image, "HEIF", quality=90, thumbnails=[160]))
    (small,) = thumbnails(FileSource(tmp_path), ["a.heic"]).values()
    with Image.open(io.BytesIO(small)) as shown:
        assert (shown.format, shown.size) == ("JPEG", (128, 96))
    assert FileSource(tmp_path).decode("a.heic", 100).image.size == (800, 600)


@pytest.fixture
def phone(colours):
    """The dataset `colours` as HEIC and AVIF, with one damaged file in each training class."""
    for number, path in enumerate(sorted(colours.rglob("*.png"))):
        file_format = FORMATS[number % 2]
        with Image.open(path) as image:
            path.with_suffix({"HEIF": ".HEIC", "AVIF": ".avif"}[file_format]).write_bytes(encoded(image, file_format))
        path.unlink()
    damaged = colours / "train/blue/damaged.heic"
    damaged.write_bytes(encoded(photograph(80, 60), "HEIF")[:900])
    return colours


@pytest.mark.parametrize("workers", [0, 1])
def test_a_run_trains_evaluates_and_predicts_on_them(configure, phone, workers):
    run = train(configure(strategy={"name": "feature_extraction"}, epochs=1, workers=workers))
    assert run.skipped_ids() == {"train/blue/damaged.heic"}
    assert len(evaluate(run).targets_N) == 14
    (ranking,) = {len(load_predictor(run).predict(path)) for path in sorted((phone / "test/blue").iterdir())}
    assert ranking == 2


def test_a_table_names_them(phone):
    (phone / "labels.csv").write_text(
        "path,label\n" + "".join(f"{path.relative_to(phone)},{path.parent.name}\n" for path in phone.glob("val/*/*"))
    )
    dataset = open_dataset(DataConfig(source=str(phone / "labels.csv")))
    assert len(dataset.samples) == 18
    assert all(dataset.source.load(sample.id).shape == (3, 36, 40) for sample in dataset.samples)


def test_an_archive_and_single_uploads_take_them_in(phone):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for path in phone.rglob("*.*"):
            file.write(path, path.relative_to(phone))
    staged = drive(stage_archive(archive, "phone"))
    assert staged.summary.images == 42 + 18 + 14
    assert [image.id for image in staged.summary.unreadable] == ["train/blue/damaged.heic"]
    draft = new_draft()
    for label in ("blue", "green"):
        paths = sorted((phone / "val" / label).iterdir())
        taken = draft.add(draft.add_class(label), [(path.name, io.BytesIO(path.read_bytes())) for path in paths])
        assert (len(taken.names), taken.skipped) == (9, ())


def test_the_scan_measures_them(tmp_path):
    for name, file_format in (("a.heic", "HEIF"), ("b.avif", "AVIF"), ("c.jpg", "HEIF")):
        (tmp_path / name).write_bytes(encoded(photograph(80, 60), file_format))
    (tmp_path / "d.heic").write_bytes((tmp_path / "a.heic").read_bytes()[:900])
    columns = measure(FileSource(tmp_path), ["a.heic", "b.avif", "c.jpg", "d.heic"])
    assert columns["format"] == ["HEIF", "AVIF", "HEIF", ""]
    assert columns["extension_agrees"] == [True, True, False, True]
    assert columns["width"] == [80, 80, 80, 0]
    assert columns["reason"] == ["", "", "", "truncated: the file ends before the image does"]


def test_only_a_process_that_reads_heif_imports_its_decoder(tmp_path):
    (tmp_path / "a.heic").write_bytes(encoded(photograph(80, 60), "HEIF"))
    (tmp_path / "b.png").write_bytes(encoded(photograph(80, 60), "PNG"))
    code = """
import pickle, sys
source = pickle.load(sys.stdin.buffer)
for name in ("b.png", "a.heic"):
    print(source.decode(name).image.size, "pillow_heif" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(FileSource(tmp_path)), capture_output=True)
    assert ran.stdout.decode().splitlines() == ["(80, 60) False", "(80, 60) True"], ran.stderr.decode()
