import io
import re
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from tlcore.data.pixels.cost import MAX_RATIO, reduction
from tlcore.data.pixels.images import decode, decode_image, upright_size
from tlcore.errors import UnreadableImage

pytestmark = pytest.mark.filterwarnings("ignore:::PIL")


def encoded(image: Image.Image, file_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width: int, height: int, depth: int = 8, colour: int = 0, rows: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def black_png(side: int, depth: int) -> bytes:
    """A grey PNG of zeros, which is a file of only a few kilobytes."""
    packer = zlib.compressobj(1)
    row = b"\0" + bytes(side * depth // 8)
    return png_claiming(side, side, depth, rows=b"".join(packer.compress(row) for _ in range(side)) + packer.flush())


def bmp_of_runs(side: int) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, 0, 0, 0, 256, 0) + bytes(1024)
    return b"BM" + struct.pack("<IHHI", 14 + len(header), 0, 0, 14 + len(header)) + header + b"\0\1"


def jpeg_of_many_scans() -> bytes:
    data = encoded(Image.new("RGB", (4000, 4000)), "JPEG", progressive=True)
    last = data.rfind(b"\xff\xda")
    return data[:last] + data[last:-2] * 1000 + data[-2:]


BOMBS = {
    "floats": (lambda: tiff(np.zeros((9990, 9990), np.float32)), r"^too large: unpacking 100 megapixels .* 320 are"),
    "16 bits of 4 channels": (lambda: png_claiming(9990, 9990, 16, 6), r"^too large: unpacking 100 megapixels"),
    "webp": (
        lambda: encoded(Image.new("RGB", (7500, 7500)), "WEBP", lossless=True, method=0),
        r"^too large: unpacking",
    ),
    "passes": (jpeg_of_many_scans, r"^too slow to read: 16 megapixels \(4000 x 4000\) in 1009 passes; save it as an"),
    "text": (lambda: b"P3\n1000 1000\n255\n" + b"0 " * 10, r"^too slow to read: .* as PPM with plain text; save it as"),
    "highest value": (lambda: b"P6\n1000 1000\n100\n", r"^too slow to read: .* as PPM with an unusual highest value"),
    "runs": (lambda: bmp_of_runs(9990), r"^too slow to read: .* as BMP with run lengths"),
    "a row": (
        lambda: png_claiming(90_000_000, 1),
        r"^too long: 90000000 x 1 px, and at most 100 times as long as wide",
    ),
    "a strip": (lambda: encoded(Image.new("RGB", (1, 65500)), "JPEG"), r"^too long: 1 x 65500 px"),
    "too many": (
        lambda: png_claiming(200_001, 501, 1),
        r"^too large: 100 megapixels \(200001 x 501\), and at most 100 mega",
    ),
}


def tiff(values: np.ndarray) -> bytes:
    return encoded(Image.fromarray(values), "TIFF", compression="tiff_deflate")


@pytest.mark.parametrize("name", BOMBS)
def test_images_that_would_cost_too_much_are_refused_before_unpacking(name, monkeypatch):
    build, message = BOMBS[name]
    data = build()
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda image: pytest.fail("it was unpacked"))
    for look in (decode_image, upright_size):
        with pytest.raises(UnreadableImage, match=message):
            look(data)


# each claims nearly 100 megapixels; the number is the allowed memory in MB above the interpreter and its libraries
@pytest.mark.skipif(sys.platform == "win32", reason="resource is not there")
@pytest.mark.parametrize(("name", "limit_mb"), [("grey of 16 bits", 450), ("jpeg", 350)])
def test_large_images_are_read_within_bounds_of_memory(name, limit_mb, tmp_path):
    build = {
        "grey of 16 bits": lambda: black_png(9750, 16),
        "jpeg": lambda: encoded(Image.new("L", (9750, 9750), 120), "JPEG"),
    }[name]
    (tmp_path / "large").write_bytes(build())
    code = """
import resource, sys
from pathlib import Path
from tlcore.data.pixels.colour import rows_of
from tlcore.data.pixels.images import decode
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(*rows_of(decode(Path(sys.argv[1]).read_bytes()).image).shape)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "large")], capture_output=True, text=True, check=True
    )
    answer, used_mb = ran.stdout.splitlines()
    assert answer == "4875 4875 3"
    assert float(used_mb) < limit_mb


def test_a_gif_of_35_bytes_that_claims_100_megapixels_costs_nothing():
    size = struct.pack("<HH", 9999, 9999)
    data = b"GIF89a" + size + b"\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0" + size + b"\0\x02\x02\x4c\x01\0;"
    assert len(data) == 35
    with pytest.raises(UnreadableImage, match="truncated"):
        decode_image(data)


def test_an_image_of_more_than_50_megapixels_comes_at_half_its_size():
    image = Image.linear_gradient("L").resize((9000, 6000))
    for data in (encoded(image, "PNG", compress_level=1), encoded(image, "JPEG")):
        reduced = decode(data).image
        assert reduced.size == (4500, 3000)
        assert abs(int(np.asarray(reduced)[1500, 2250, 0]) - 127) < 3
        assert upright_size(data) == (9000, 6000)


def test_ordinary_images_are_not_reduced():
    assert reduction((8192, 6100)) == 1
    assert reduction((9000, 6000)) == 2


def test_a_long_image_is_read_up_to_the_ratio():
    assert decode_image(encoded(Image.new("RGB", (MAX_RATIO, 1)), "PNG")).size == (MAX_RATIO, 1)
    with pytest.raises(UnreadableImage, match=re.escape("too long: 101 x 1 px")):
        decode_image(encoded(Image.new("RGB", (MAX_RATIO + 1, 1)), "PNG"))


def test_progressive_jpegs_and_plain_text_of_ordinary_size_are_read():
    assert decode_image(encoded(Image.new("RGB", (400, 300)), "JPEG", progressive=True)).size == (400, 300)
    assert decode_image(b"P2\n2 2\n255\n0 255 0 255\n").size == (2, 2)
