import numpy as np
import pytest

from tlcore.transforms.geometry import (
    frame,
    intersect,
    map_points,
    resizing,
    rotation,
    signed_area,
    translation,
)


def test_a_frame_goes_round_the_image_from_the_top_left():
    assert frame((2, 5)).tolist() == [[0, 0], [5, 0], [5, 2], [0, 2]]
    assert signed_area(frame((2, 5))) == 10


def test_maps_are_applied_from_the_right():
    affine = translation(10, 20) @ resizing((40, 40), (20, 10))
    assert map_points(affine, np.array([[1.0, 1.0]])).tolist() == [[14, 22]]


def test_a_quarter_turn_anticlockwise_shows_the_top_right_corner_at_the_top_left():
    np.testing.assert_allclose(map_points(rotation(90, (8, 8)), np.array([[0.0, 0.0]])), [[8, 0]], atol=1e-12)


@pytest.mark.parametrize(
    ("offset", "area", "corners"),
    [((5, 0), 50, 4), ((20, 0), 0, 0), ((0, 0), 100, 4), ((-5, -5), 25, 4), ((10, 0), 0, 2)],
)
def test_the_common_part_of_two_squares(offset, area, corners):
    square = frame((10, 10))
    common = intersect(square, square + np.array(offset))
    assert abs(signed_area(common)) == area
    assert len(common) in (corners, 4)


def test_the_common_part_does_not_depend_on_the_direction_of_the_corners():
    square = frame((10, 10))
    assert signed_area(intersect(square, square[::-1] + 4)) == 36


def test_a_square_turned_by_45_degrees_cuts_another_into_an_octagon():
    common = intersect(frame((10, 10)), map_points(rotation(45, (10, 10)), frame((10, 10))))
    assert len(common) == 8
    assert signed_area(common) == pytest.approx(100 * 2 * (np.sqrt(2) - 1))
