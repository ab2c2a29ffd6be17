import io

import numpy as np
import pytest
from PIL import Image

from tlcore.recipes.builtin import BUILTIN
from tlcore.recipes.picture import recipe_picture


def pixels_of(name: str, **changes: object) -> np.ndarray:
    picture = recipe_picture(BUILTIN[name].model_copy(update=changes), tile_px=32)
    return np.asarray(Image.open(io.BytesIO(picture))).astype(int)


def coloured(pixels: np.ndarray) -> float:
    """Share of the pixels whose channels differ clearly."""
    return float((np.ptp(pixels, axis=2) > 60).mean())


@pytest.mark.parametrize("name", BUILTIN)
def test_a_picture_is_always_the_same_four_tiles(name):
    assert pixels_of(name).shape == (32, 128, 3)
    assert np.array_equal(pixels_of(name), pixels_of(name))


def test_what_is_trained_is_coloured():
    nothing = coloured(pixels_of("imagenet-predict"))
    head = coloured(pixels_of("cats-dogs-resnet18"))
    everything = coloured(pixels_of("fashion-mnist"))
    assert nothing == 0 < head < everything / 3


def test_names_of_other_drawings_in_a_recipe_from_elsewhere_count_for_nothing():
    plain, odd = pixels_of("fashion-mnist"), pixels_of("fashion-mnist", drawn=("shoe", "../../etc"))
    assert np.array_equal(plain, odd)
