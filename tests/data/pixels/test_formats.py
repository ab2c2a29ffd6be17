import io

import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from tlcore.data.pixels.formats import FORMATS, HEAD_BYTES, IMAGE_EXTENSIONS, UPLOAD_TYPES, image_format
from tlcore.data.pixels.images import decode_image
from tlcore.errors import UnreadableImage


def head_of(file_format: str, **options) -> bytes:
    register_heif_opener()
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), (200, 100, 50)).save(buffer, file_format, **options)
    return buffer.getvalue()[:HEAD_BYTES]


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_format_is_known_by_its_first_bytes(file_format):
    assert image_format(head_of(file_format)) == file_format


def test_a_stereo_photograph_is_a_jpeg():
    assert image_format(head_of("MPO")) == "JPEG"


@pytest.mark.parametrize("head", [b"", b"P", b"%PDF-1.7", b"<html>", b"PK\3\4", b"RIFF1234WAVE", b"II", b"P7\n"])
def test_anything_else_is_no_image(head):
    assert image_format(head) is None


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1", b"hevc"])
def test_a_heic_photograph_is_known_by_its_brand(brand):
    data = b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + bytes(100)
    assert image_format(data) == "HEIF"
    with pytest.raises(UnreadableImage):
        decode_image(data)


def test_heic_and_avif_are_distinguished_by_their_compatible_brands():
    assert image_format(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf") == "AVIF"
    assert image_format(b"\0\0\0\x14ftypisom\0\0\0\0mp42") is None


def test_endings_are_those_of_all_formats():
    assert {".jpg", ".gif", ".avif", ".heic", ".jpe", ".pbm", ".webp"} < IMAGE_EXTENSIONS
    assert sorted(f".{ending}" for ending in UPLOAD_TYPES) == sorted(IMAGE_EXTENSIONS)
