"""Generated images: with the statistics of photographs, for tests of scales and formats; or of a few colours."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pillow_heif import register_heif_opener

COLOURS = {"blue": (40, 60, 200), "green": (40, 180, 70), "red": (200, 60, 40)}


def photograph(width: int, height: int, seed: int = 0) -> Image.Image:
    """Structure at every scale, as in a photograph: noise whose amplitude falls with its frequency."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]
    spectrum = np.fft.fft2(noise, axes=(0, 1)) / (np.hypot(rows, columns) + 1 / max(width, height))[..., None]
    values = np.fft.ifft2(spectrum, axes=(0, 1)).real
    return Image.fromarray(np.clip(128 + 50 * (values - values.mean()) / values.std(), 0, 255).astype(np.uint8))


def jpeg(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90, **options)
    return file.getvalue()


def write_colours(root: Path, names: Sequence[str] = ("blue", "green"), seed: int = 0, **splits: int) -> None:
    """Class folders of noisy images of these `COLOURS`, 40 x 36 px: so many per class in each split."""
    draw = np.random.default_rng(seed)
    for split, images in splits.items():
        for name in names:
            (root / split / name).mkdir(parents=True, exist_ok=True)
            for number in range(images):
                pixels = np.clip(np.array(COLOURS[name]) + draw.normal(0, 60, (36, 40, 3)), 0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(root / split / name / f"{number:03d}.png")


def _noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).random(shape)


def write_every_kind(folder: Path) -> None:
    """33 images: one of each mode, with and without transparency, orientation, and values of more than 8 bits."""
    rgb = (_noise(50, 60, 3) * 255).astype(np.uint8)
    alpha = (_noise(50, 60, 1) * 255).astype(np.uint8)
    grey = rgb[..., :1]
    Image.fromarray(rgb).save(folder / "rgb.png")
    Image.fromarray(rgb).save(folder / "photo.jpg", quality=95)
    register_heif_opener()
    Image.fromarray(rgb).save(folder / "phone.heic", quality=95)
    Image.fromarray(rgb).save(folder / "phone.avif", quality=95)
    Image.fromarray(np.concatenate([rgb, alpha], 2)).save(folder / "rgba.png")
    Image.fromarray(np.concatenate([rgb, alpha], 2)).save(folder / "rgba.webp", lossless=True)
    Image.fromarray(np.concatenate([grey, alpha], 2), "LA").save(folder / "la.png")
    Image.fromarray(grey[..., 0]).save(folder / "grey.png")
    Image.fromarray(grey[..., 0] > 127).save(folder / "bits.png")
    palette = Image.fromarray(rgb).quantize(16)
    palette.save(folder / "palette.png")
    palette.save(folder / "palette_transparent.png", transparency=3)
    palette.save(folder / "palette.gif", transparency=2)
    Image.fromarray(rgb).save(folder / "colour_key.png", transparency=tuple(map(int, rgb[0, 0])))
    Image.fromarray(grey[..., 0]).save(folder / "grey_key.png", transparency=int(grey[0, 0, 0]))
    Image.fromarray(rgb).convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(rgb).convert("LAB").save(folder / "lab.tif")
    for name, low, high, kind in (
        ("16_bit.png", 0, 65535, np.uint16),
        ("12_bit.png", 0, 4095, np.uint16),
        ("16_bit.tif", 0, 65535, np.uint16),
        ("32_bit.tif", -70_000, 900_000, np.int32),
        ("float_1.tif", 0, 1, np.float32),
        ("float_255.tif", 0, 255, np.float32),
        ("float_any.tif", -3, 700, np.float32),
    ):
        Image.fromarray((low + _noise(50, 60) * (high - low)).astype(kind)).save(folder / name)
    holes = _noise(50, 60).astype(np.float32)
    holes[:9, :9], holes[20:, 20:] = np.nan, np.inf
    Image.fromarray(holes).save(folder / "float_holes.tif")
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(rgb).save(folder / f"exif_{orientation}.jpg", exif=exif)
    exif[0x0112] = 6
    Image.fromarray(np.concatenate([rgb, alpha], 2)).save(folder / "exif_transparent.png", exif=exif)
