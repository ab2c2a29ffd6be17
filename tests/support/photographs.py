"""Generated images with the statistics of photographs, for tests of scales and formats."""

import io
from typing import Any

import numpy as np
from PIL import Image


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
