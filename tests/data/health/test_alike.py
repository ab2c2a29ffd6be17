import pandas as pd

from tlcore.data.health.alike import alike_numbers


def numbers(*rows: tuple[str, int, float]) -> list[int]:
    """`digest`, `near_group`, and the range of the grey values of each image."""
    table = pd.DataFrame(rows, columns=["digest", "near_group", "bright"]).assign(dark=0.0)
    return alike_numbers(table).tolist()


def test_equal_and_nearly_equal_images_share_a_number():
    assert numbers(("a", -1, 1.0), ("b", 0, 1.0), ("a", -1, 1.0), ("c", 0, 1.0), ("d", -1, 1.0)) == [0, 1, 0, 1, -1]


def test_copies_of_an_image_belong_to_what_resembles_it():
    assert numbers(("b", 0, 1.0), ("b", 0, 1.0), ("c", 0, 1.0)) == [0, 0, 0]


def test_plain_and_unreadable_images_resemble_nothing():
    assert numbers(("a", -1, 0.01), ("a", -1, 0.01), ("", -1, float("nan")), ("", -1, float("nan"))) == [-1] * 4


def test_a_number_that_one_image_has_counts_for_nothing():
    assert numbers(("a", 3, 1.0), ("b", -1, 1.0)) == [-1, -1]
