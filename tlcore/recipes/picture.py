"""The picture of a recipe whose data is not on this machine: a row of drawings."""

import io
from random import Random

from PIL import Image, ImageOps

from tlcore.recipes.recipe import Recipe

TILES = 4


def drawn_picture(recipe: Recipe, tile_px: int = 128) -> bytes:
    """A JPEG of four drawings side by side, always the same for a recipe. If it names none, its name selects them."""
    from tlcore.drawing.demo import draw_insect  # these import numpy and more
    from tlcore.drawing.insects import INSECTS
    from tlcore.drawing.world import WORLD, draw_world

    known = [name for name in recipe.drawn if name in INSECTS or name in WORLD]
    names = known or Random(recipe.name).sample(list(WORLD), TILES)
    picture = Image.new("RGB", (TILES * tile_px, tile_px))
    for number in range(TILES):
        name = names[number % len(names)]
        seed = number + 1
        drawn = draw_insect(name, f"{recipe.name} {seed}") if name in INSECTS else draw_world(name, seed, tile_px)
        picture.paste(ImageOps.fit(drawn, (tile_px, tile_px)), (number * tile_px, 0))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=88)
    return file.getvalue()
