"""A link to any page works, even as the first request of a server."""

import pytest

from tests.support.browser import HEADINGS, LABELS, chosen, settled, widget
from ui.shared.state import CARRIED

OLDER = "2 epochs"
"""What the older of the two furnished runs is told apart by; the newer one has 3."""


@pytest.mark.parametrize("name", HEADINGS)
def test_a_page_is_complete_as_the_first_request_of_a_server(name, furnished, start_dashboard, open_page):
    dashboard = start_dashboard(furnished.home)
    page = open_page(dashboard.url(name, dataset="demo", run=furnished.older))
    links = widget(page, "shell_navigation").get_by_role("link")
    links.nth(len(LABELS) - 1).wait_for()  # the sidebar slides in
    assert [links.filter(has_text=label).count() for label in LABELS.values()] == [1] * len(LABELS)
    for link in links.all():
        assert all(f"{parameter}=" in link.get_attribute("href") for parameter in CARRIED)
    assert "demo" in chosen(page, "shell_dataset")
    if name in ("train", "predict"):
        assert OLDER in chosen(page, f"{name}_run")
    if name == "compare":
        assert OLDER in widget(page, "compare_runs").inner_text()
    assert f"run={furnished.older}" in page.evaluate("location.href")


def test_the_overview_is_also_found_under_its_own_name(furnished_dashboard, new_page):
    page = new_page()
    page.goto(furnished_dashboard.url("overview"))
    settled(page, HEADINGS[""])
    links = widget(page, "shell_navigation").get_by_role("link")
    links.nth(len(HEADINGS) - 1).wait_for()
    assert links.count() == len(HEADINGS)
