import io
import struct
import warnings
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from tlcore.data.pixels.cost import MAX_PIXELS
from tlcore.data.pixels.images import decode_image
from tlcore.data.pixels.tensors import to_tensor
from tlcore.errors import UnreadableImage


def encoded(image: Image.Image, file_format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def decoded(image: Image.Image, file_format: str, **options) -> torch.Tensor:
    return to_tensor(decode_image(encoded(image, file_format, **options)))


def pixel(tensor: torch.Tensor, row: int = 0, column: int = 0) -> tuple[int, ...]:
    return tuple(tensor[:, row, column].tolist())


def noise(width: int = 64, height: int = 48) -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_an_rgb_image_becomes_uint8_channels_first():
    tensor = decoded(Image.new("RGB", (5, 3), (10, 20, 30)), "PNG")
    assert tensor.dtype == torch.uint8
    assert tensor.shape == (3, 3, 5)
    assert pixel(tensor) == (10, 20, 30)


def test_the_tensor_can_be_written_to():
    decoded(Image.new("RGB", (2, 2)), "PNG").fill_(7)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM", "MPO"])
def test_every_listed_format_is_read(file_format):
    tensor = decoded(Image.new("RGB", (16, 16), (200, 100, 50)), file_format)
    assert np.abs(np.subtract(pixel(tensor, 8, 8), (200, 100, 50))).max() < 12


@pytest.mark.parametrize("file_format", ["PDF", "EPS", "ICO", "TGA"])
def test_other_formats_are_refused(file_format):
    with pytest.raises(UnreadableImage, match="not an image"):
        decode_image(encoded(Image.new("RGB", (16, 16)), file_format))


def test_grey_is_the_same_in_all_channels():
    assert pixel(decoded(Image.new("L", (2, 2), 77), "PNG")) == (77, 77, 77)


def test_one_bit_is_black_and_white():
    image = Image.new("1", (2, 1))
    image.putpixel((1, 0), 1)
    tensor = decoded(image, "PNG")
    assert pixel(tensor, 0, 0) == (0, 0, 0)
    assert pixel(tensor, 0, 1) == (255, 255, 255)


def test_a_palette_gives_its_colours():
    assert pixel(decoded(Image.new("RGB", (2, 2), (0, 128, 255)).quantize(4), "PNG")) == (0, 128, 255)


def test_a_transparent_palette_entry_becomes_white():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    tensor = decoded(image, "PNG", transparency=0)
    assert pixel(tensor, 0, 0) == (255, 255, 255)
    assert pixel(tensor, 0, 1) == (0, 0, 255)


def test_a_palette_with_a_transparency_per_entry_is_blended_without_a_warning():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", module=r"PIL\.")  # pytest replaces the module's filters with its own
        tensor = decoded(image, "PNG", transparency=b"\x80\xff")
    assert pixel(tensor) == (255, 127, 127)
    assert not caught


@pytest.mark.parametrize(("mode", "colour"), [("RGBA", (0, 0, 0, 51)), ("LA", (0, 51))])
def test_transparency_is_blended_with_white(mode, colour):
    assert pixel(decoded(Image.new(mode, (2, 2), colour), "PNG")) == (204, 204, 204)


def test_a_transparent_colour_of_an_rgb_png_becomes_white():
    assert pixel(decoded(Image.new("RGB", (2, 2), (1, 2, 3)), "PNG", transparency=(1, 2, 3))) == (255, 255, 255)


def test_cmyk_becomes_rgb():
    tensor = decoded(Image.new("CMYK", (16, 16), (255, 0, 0, 0)), "JPEG", quality=100)
    red, green, blue = pixel(tensor, 8, 8)
    assert red < 10
    assert green > 245
    assert blue > 245


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_and_not_clipped(file_format):
    image = Image.fromarray(np.array([[0, 256, 32768, 65535]], dtype=np.uint16))
    assert decoded(image, file_format)[0, 0].tolist() == [0, 1, 128, 255]


def test_big_endian_16_bit_grey_is_scaled():
    image = Image.frombytes("I;16B", (2, 1), struct.pack(">HH", 65535, 257 * 5))
    assert decoded(image, "TIFF")[0, 0].tolist() == [255, 5]


def test_wider_integers_are_scaled_from_their_own_range():
    image = Image.fromarray(np.array([[-100_000, 0, 100_000]], dtype=np.int32))
    assert decoded(image, "TIFF")[0, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.0, 255.0], [0, 100, 255]),
        ([-10.0, 0.0, 10.0], [0, 128, 255]),
        ([float("nan"), 0.0, 1.0], [0, 0, 255]),
        ([500.0, 500.0, 500.0], [0, 0, 0]),
    ],
)
def test_float_pixels_are_scaled_by_their_range(values, expected):
    assert decoded(Image.fromarray(np.array([values], dtype=np.float32)), "TIFF")[0, 0].tolist() == expected


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_an_image_is_turned_upright_as_exif_says(orientation, file_format):
    image = noise(6, 4)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(image, file_format, exif=exif)
    from PIL import ImageOps

    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert np.array_equal(np.asarray(decode_image(data)), np.asarray(expected))


def test_a_rotated_jpeg_changes_its_shape():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decoded(Image.new("RGB", (8, 4)), "JPEG", exif=exif).shape == (3, 8, 4)


def test_damaged_exif_leaves_the_image_readable():
    assert decoded(Image.new("RGB", (8, 4)), "JPEG", exif=b"Exif\0\0garbage").shape == (3, 4, 8)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP"])
def test_a_truncated_image_is_unreadable_and_says_so(file_format):
    data = encoded(noise(), file_format)
    with pytest.raises(UnreadableImage, match=r"^truncated: the file ends before the image does$"):
        decode_image(data[: len(data) // 2])


def test_an_empty_file_says_so():
    with pytest.raises(UnreadableImage, match=r"^empty file$"):
        decode_image(b"")


def test_text_is_not_an_image():
    with pytest.raises(UnreadableImage, match="not an image"):
        decode_image(b"<html>404 Not Found</html>")


def test_a_damaged_image_gives_a_reason_of_one_line():
    data = bytearray(encoded(noise(), "PNG"))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(UnreadableImage) as caught:
        decode_image(bytes(data))
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize("side", [10_001, 50_000])
def test_an_image_that_claims_too_many_pixels_is_refused_unread(side):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(b"")) + png_chunk(b"IEND", b"")
    assert side * side > MAX_PIXELS
    with pytest.raises(UnreadableImage, match=r"too large: .*at most 100 megapixels"):
        decode_image(data)


@pytest.mark.filterwarnings("ignore:::PIL")
def test_damaged_files_of_any_kind_raise_nothing_else():
    rng = np.random.default_rng(0)
    for file_format in ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM", "MPO"):
        good = encoded(noise(16, 16), file_format)
        for _ in range(40):
            data = bytearray(good)
            for position in rng.integers(0, len(data), 4):
                data[position] = rng.integers(256)
            try:
                image = decode_image(bytes(data[: rng.integers(1, len(data) + 1)]))
            except UnreadableImage:
                continue
            assert image.mode == "RGB"
