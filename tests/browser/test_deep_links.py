"""A link to any page works, even as the first request of a server."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import HEADINGS, LABELS, expect_chosen, expect_in_address, settled, widget
from ui.shared.state import CARRIED

OLDER = "2 epochs"
"""What the older of the two furnished runs is told apart by; the newer one has 3."""


@pytest.mark.parametrize("name", HEADINGS)
def test_a_page_is_complete_as_the_first_request_of_a_server(name, furnished, start_dashboard, open_page):
    dashboard = start_dashboard(furnished.home)
    page = open_page(dashboard.url(name, dataset="demo", run=furnished.older))
    links = widget(page, "shell_navigation").get_by_role("link")
    for label in LABELS.values():
        link = links.filter(has_text=label)
        expect(link).to_have_count(1)
        for parameter in CARRIED:
            expect(link).to_have_attribute("href", re.compile(f"{parameter}="))
    expect_chosen(page, "shell_dataset", "demo")
    if name in ("train", "predict"):
        expect_chosen(page, f"{name}_run", OLDER)
    if name == "compare":
        expect(widget(page, "compare_runs")).to_contain_text(OLDER)
    expect_in_address(page, f"run={furnished.older}")


def test_the_overview_is_also_found_under_its_own_name(furnished_dashboard, new_page):
    page = new_page()
    page.goto(furnished_dashboard.url("overview"))
    settled(page, HEADINGS[""])
    expect(widget(page, "shell_navigation").get_by_role("link")).to_have_count(len(HEADINGS))
