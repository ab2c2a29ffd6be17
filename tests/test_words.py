import math

import pytest

from tlcore import words


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0.0 s"),
        (0.0004, "0 ms"),
        (0.35, "350 ms"),
        (0.9996, "1.0 s"),
        (1.44, "1.4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_a_duration_reads_as_people_say_it(value, expected):
    assert words.seconds(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0, "0 B"), (840_000, "840 kB"), (5_230_000, "5.2 MB"), (13e9, "13.0 GB")]
)
def test_a_size_has_the_unit_that_fits(value, expected):
    assert words.size(value) == expected


@pytest.mark.parametrize(
    ("most", "expected"), [(2, "ants, bees and 1 more"), (3, "ants, bees, wasps"), (9, "ants, bees, wasps")]
)
def test_of_many_names_the_first_are_said_and_how_many_more_there_are(most, expected):
    assert words.first_of(("ants", "bees", "wasps"), most) == expected
    assert words.first_of(["a"] * 1300, 1) == "a and 1,299 more"
    assert words.first_of([], 1) == ""


def test_fractions_are_percent_only_in_words():
    assert words.percent(0.9531) == "95.3 %"
    assert words.percent(0.5, 0) == "50 %"
    assert words.percent(None) == "–"
    assert words.points(0.0123) == "1.2 points"
    assert words.interval(0.953, 0.931, 0.968) == "95.3 % (93.1–96.8)"
    assert words.bounds(math.nan, math.nan) == ""


def test_a_count_agrees_with_its_noun():
    assert words.count(60_000) == "60,000"
    assert words.count(1, "image") == "1 image"
    assert words.count(2, "image") == "2 images"
    assert words.count(2, "class", "classes") == "2 classes"


def test_a_label_is_shortened_first_and_then_escaped():
    assert words.escape_label("<b>&") == "&lt;b&gt;&amp;"
    assert words.escape_label("abcdef", 4) == "abc…"
