"""The picture of a recipe: insects of the demo if it names some, else its network, with the trained part coloured."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps

from tlcore.recipes.recipe import Recipe

TILES = 4
_FINER = 3  # drawn this many times larger, then averaged
_PAPER, _FROZEN, _TRAINED = (244, 245, 247), (176, 184, 196), (232, 116, 59)
_HEIGHTS = (0.80, 0.68, 0.56, 0.44, 0.32)
"""Height of each part of the network, from stem to head, as a share of the picture's: maps become smaller."""
_WIDTHS = (0.10, 0.16, 0.24, 0.34, 0.46)
"""Width of each part, as a share of the picture's height: channels become more."""


def recipe_picture(recipe: Recipe, tile_px: int = 128) -> bytes:
    """A JPEG of the size of four square tiles side by side, always the same for a recipe."""
    from tlcore.drawing.insects import INSECTS  # imports numpy

    names = [name for name in recipe.drawn if name in INSECTS]
    picture = _insects(recipe.name, names, tile_px) if names else _network(recipe, tile_px)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=88)
    return file.getvalue()


def _insects(seed: str, names: Sequence[str], tile_px: int) -> Image.Image:
    from tlcore.drawing.demo import draw_insect

    picture = Image.new("RGB", (TILES * tile_px, tile_px))
    for number in range(TILES):
        drawn = draw_insect(names[number % len(names)], f"{seed} {number + 1}")
        picture.paste(ImageOps.fit(drawn, (tile_px, tile_px)), (number * tile_px, 0))
    return picture


def _network(recipe: Recipe, tile_px: int) -> Image.Image:
    """Its parts from stem to head: grey ones stay as they are, coloured ones are trained."""
    unit = tile_px * _FINER
    picture = Image.new("RGB", (TILES * unit, unit), _PAPER)
    pen = ImageDraw.Draw(picture)
    trains = recipe.task == "train"
    trunk = _TRAINED if trains and recipe.config.strategy.name != "feature_extraction" else _FROZEN
    head = _TRAINED if trains else _FROZEN
    gap, middle = 0.12 * unit, unit / 2
    left = (TILES * unit - sum(_WIDTHS) * unit - (len(_WIDTHS) + 1) * gap - 0.16 * unit) / 2
    for height, width in zip(_HEIGHTS, _WIDTHS, strict=True):
        half = height * unit / 2
        pen.rounded_rectangle((left, middle - half, left + width * unit, middle + half), 0.05 * unit, trunk)
        left += width * unit + gap
    radius = 0.08 * unit
    for row in (-1, 0, 1):
        y = middle + row * 0.24 * unit
        pen.line((left - gap, middle, left + gap, y), head, max(1, round(0.015 * unit)))
        pen.ellipse((left + gap, y - radius, left + gap + 2 * radius, y + radius), head)
    return picture.resize((TILES * tile_px, tile_px), Image.Resampling.BOX)
