import numpy as np
import pytest
from PIL import Image

from tlcore.data.pixels import colour
from tlcore.data.pixels.colour import rows_of, to_rgb


def images() -> dict[str, Image.Image]:
    draw = np.random.default_rng(0)
    rgba = Image.fromarray(draw.integers(0, 256, (23, 17, 4), dtype=np.uint8))
    return {
        "RGB": rgba.convert("RGB"),
        "RGBA": rgba,
        "LA": rgba.convert("LA"),
        "P": rgba.convert("RGB").quantize(9),
        "1": rgba.convert("1"),
        "CMYK": rgba.convert("RGB").convert("CMYK"),
        "I;16": Image.fromarray(draw.integers(0, 65536, (23, 17), dtype=np.uint16)),
        "I": Image.fromarray(draw.integers(-70000, 70000, (23, 17), dtype=np.int32)),
        "F": Image.fromarray(draw.normal(0, 9, (23, 17)).astype(np.float32)),
    }


@pytest.mark.parametrize("mode", images())
def test_bands_give_the_same_as_the_whole_image(mode, monkeypatch):
    image = images()[mode]
    whole, halved = to_rgb(image), to_rgb(image, 2)
    monkeypatch.setattr(colour, "_BAND_PIXELS", 17 * 5)
    assert to_rgb(image).tobytes() == whole.tobytes()
    assert to_rgb(image, 2).tobytes() == halved.tobytes() == whole.reduce(2).tobytes()
    assert np.array_equal(rows_of(whole), np.asarray(whole))


def test_12_bits_in_16_are_scaled_by_the_range_of_12():
    values = np.array([[0, 2048, 4095]], dtype=np.uint16)
    assert np.asarray(to_rgb(Image.fromarray(values)))[0, :, 0].tolist() == [0, 128, 255]


def test_16_bits_are_scaled_by_the_range_of_16():
    values = np.array([[0, 2048, 4096]], dtype=np.uint16)
    assert np.asarray(to_rgb(Image.fromarray(values)))[0, :, 0].tolist() == [0, 8, 16]
