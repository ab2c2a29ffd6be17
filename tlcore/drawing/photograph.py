"""What a camera does to a scene: light that falls off and has a colour, focus, noise, an exposure."""

from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image

from tlcore.drawing.canvas import Pixels
from tlcore.drawing.textures import blurred, layers, to_bytes


@dataclass(frozen=True)
class Camera:
    exposure: float
    """Factor on all light."""
    warmth: float
    """Above 0: a red cast, below: a blue one."""
    shade: float
    """Depth of the soft shadows that lie over the scene, 0-1."""
    vignette: float
    focus_px: float
    """Radius of the blur; below 0.3 none."""
    grain: float
    """Amplitude of the noise, 0-1."""

    @staticmethod
    def any(random: Random) -> "Camera":
        return Camera(
            exposure=random.uniform(0.85, 1.7),
            warmth=random.uniform(-0.1, 0.12),
            shade=random.uniform(0, 0.5),
            vignette=random.uniform(0, 0.35),
            focus_px=random.choice((0.0, 0.0, random.uniform(0.3, 1.5))),
            grain=random.uniform(0.01, 0.06),
        )


def photograph(random: Random, scene: Pixels, camera: Camera) -> Image.Image:
    """The scene as a picture of the same size."""
    height, width = scene.shape[:2]
    pixels = scene * np.array([1 + camera.warmth, 1, 1 - camera.warmth], dtype=np.float32)
    dapple = layers(random, height, width, max(height, width) / 2, 2)
    rows, columns = np.linspace(-1, 1, height, dtype=np.float32), np.linspace(-1, 1, width, dtype=np.float32)
    corner = (rows[:, None] ** 2 + columns[None, :] ** 2) / 2
    light = camera.exposure * (1 - camera.shade * dapple) * (1 - camera.vignette * corner)
    pixels = pixels * light[..., None].astype(np.float32)
    pixels = pixels / (1 + np.clip(pixels - 0.8, 0, None))  # a soft shoulder instead of burnt-out white
    if camera.focus_px >= 0.3:
        pixels = blurred(pixels, camera.focus_px)
    grains = np.frombuffer(random.randbytes(2 * height * width), dtype=np.uint8).reshape(2, height, width)
    spread = (grains[0].astype(np.float32) - grains[1]) / 255  # the difference of two is nearly bell-shaped
    pixels = pixels + (spread * np.float32(camera.grain))[..., None]
    return Image.fromarray(to_bytes(pixels))
