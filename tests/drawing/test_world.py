"""The drawn world: every class can be drawn, is reproducible and varies, and none is an insect."""

import numpy as np
import pytest
from PIL import Image

from tlcore.drawing.insects import INSECTS
from tlcore.drawing.subjects import PLIABLE, STIFF
from tlcore.drawing.surfaces import SURFACES
from tlcore.drawing.world import WORLD, draw_world


def pixels_of(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.float32)


@pytest.mark.parametrize("name", WORLD)
def test_every_class_draws_a_picture_of_the_asked_size_with_something_on_it(name):
    image = draw_world(name, 3, 48)
    assert image.size == (48, 48)
    assert image.mode == "RGB"
    assert pixels_of(image).std() > 4


@pytest.mark.parametrize("name", ["reef_fish", "paddleback", "key", "hexagon", "mosaic"])
def test_the_same_class_and_seed_give_the_same_picture_and_another_seed_another(name):
    first = pixels_of(draw_world(name, 1, 48))
    assert np.array_equal(first, pixels_of(draw_world(name, 1, 48)))
    assert np.abs(first - pixels_of(draw_world(name, 2, 48))).mean() > 5


def test_two_classes_with_one_seed_differ():
    assert not np.array_equal(pixels_of(draw_world("oak_leaf", 1, 48)), pixels_of(draw_world("maple_leaf", 1, 48)))


def test_no_class_is_lost_by_a_name_used_twice():
    assert len(WORLD) == len(PLIABLE) + len(STIFF) + len(SURFACES)
    assert len(WORLD) >= 150


def test_no_class_of_the_demo_is_in_the_world():
    assert not set(WORLD) & set(INSECTS)
