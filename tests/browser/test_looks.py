"""Every page in both themes and both widths."""

from collections.abc import Callable

import pytest

from tests.support.browser import HEADINGS, expect_no_sideways_scroll
from tests.support.waiting import eventually


@pytest.mark.parametrize("name", HEADINGS)
def test_every_page_is_dark_in_the_dark_theme(name, furnished, furnished_dashboard, open_page):
    page = open_page(furnished_dashboard.url(name, run=furnished.newer), dark=True)
    for element in ("stApp", "stSidebar"):
        _expect_luminance(page, element, "background-color", lambda luminance: luminance < 0.15)
        _expect_luminance(page, element, "color", lambda luminance: luminance > 0.7)


def test_the_light_theme_is_light(furnished_dashboard, open_page):
    page = open_page(furnished_dashboard.url())
    _expect_luminance(page, "stApp", "background-color", lambda luminance: luminance > 0.9)
    _expect_luminance(page, "stApp", "color", lambda luminance: luminance < 0.3)


@pytest.mark.parametrize("name", HEADINGS)
def test_nothing_scrolls_sideways_on_a_phone(name, furnished, furnished_dashboard, open_page):
    page = open_page(furnished_dashboard.url(name, run=furnished.newer), width=400)
    expect_no_sideways_scroll(page)


def _expect_luminance(page, element: str, of: str, holds: Callable[[float], bool]) -> None:
    """Wait for it: colours change gradually."""
    eventually(lambda: _luminance(page, element, of), holds)


def _luminance(page, element: str, of: str) -> float:
    """Approximate relative luminance of a colour, 0 to 1."""
    colour = page.get_by_test_id(element).evaluate("(element, of) => getComputedStyle(element)[of]", of)
    red, green, blue = (int(part) / 255 for part in colour.split("(")[1].rstrip(")").split(",")[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
