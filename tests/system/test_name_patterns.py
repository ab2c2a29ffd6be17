import time

import pytest

from tlcore.system.name_patterns import NamePattern


@pytest.mark.parametrize(
    ("pattern", "path", "group"),
    [
        ("{group}_*", "ants/cat7_03.jpg", "cat7"),
        ("{group}_*", "ants/cat7_03_b.jpg", "cat7"),  # as few characters as possible
        ("{group}_*", "ants/cat7.jpg", None),
        ("{group}_*", "ants/_03.jpg", None),  # the field is not empty
        ("*-{group}.jpg", "a/2026-11-cat.jpg", "11-cat"),
        ("frame*_of_{group}.*", "frame12_of_v3.png", "v3"),
        ("frame*_of_{group}.*", "x/frame_of_v3.png", "v3"),
        ("{group}", "a/b/whole.png", "whole.png"),
        ("{group}/*", "ants/video 3/1.jpg", "video 3"),
        ("{group}/*", "1.jpg", None),
        ("ants/{group}/*", "set/ants/video/1.jpg", "video"),
        ("ants/{group}/*", "set/bees/video/1.jpg", None),
        ("a{group}a", "aa", None),
        ("a{group}a", "aaa", "a"),
        ("*a{group}b*", "xaabyb", "a"),
    ],
)
def test_the_field_is_what_stands_there(pattern, path, group):
    assert NamePattern.parse(pattern).group_of(path) == group


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("cat_*", "once, where names say which images belong together"),
        ("{group}_{group}", "once"),
        ("{group}*", "needs a character, such as _"),
        ("**/{group}_*", "needs a character"),
        ("{group}_{view}", "the only field"),
        ("{group}_\n", "no control characters"),
        ("{group}" + "a" * 200, "at most 200 characters, not 207"),
    ],
)
def test_what_is_wrong_with_a_pattern_is_said(pattern, message):
    with pytest.raises(ValueError, match=message):
        NamePattern.parse(pattern)


def test_no_pattern_takes_long_on_any_name():
    pattern = NamePattern.parse("*a" * 90 + "_{group}b")
    names = ["a" * 250 + "_" + "c" * 100] * 1_000
    started = time.perf_counter()
    assert not any(map(pattern.group_of, names))
    assert time.perf_counter() - started < 20  # one that tries every way would take years
