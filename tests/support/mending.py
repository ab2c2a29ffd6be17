"""The demo's deliberate flaws, mended in the browser as a person would: a test and the screenshots share it."""

import time
from typing import TYPE_CHECKING

from tests.support.browser import Dashboard, settled, visit, widget

if TYPE_CHECKING:
    from playwright.sync_api import Page

FINDINGS = ("leak", "duplicates", "near_duplicates", "unreadable")
"""Kinds of findings for which the page offers what is usual."""
WRONG_LABELS = {"train/ant/ant-025.jpg": "bee", "train/beetle/beetle-009.jpg": "ladybird"}
"""Images of the demo, and the label that is right."""


def mend_demo(page: "Page", dashboard: Dashboard) -> float:
    """Mend the demo on its page. Returns the seconds that it took; a person reads, too, but clicks no more."""
    visit(page, dashboard.url("dataset", dataset="demo", dataset_tab="health"))
    widget(page, "dataset_check").wait_for()  # every image has been looked at
    settled(page)
    started = time.monotonic()
    for kind in FINDINGS:
        _do_what_is_usual(page, kind)
    for name, label in WRONG_LABELS.items():
        visit(page, dashboard.url("dataset", dataset="demo", dataset_tab="images", dataset_search=name))
        page.get_by_role("checkbox", name=f"Choose {name}", exact=True).click()
        widget(page, "dataset_pictures_relabel").get_by_role("button").click()
        page.get_by_role("menuitem", name=label, exact=True).click()
        page.get_by_text(f"1 image relabelled as {label}").first.wait_for()
    settled(page)
    return time.monotonic() - started


def _do_what_is_usual(page: "Page", kind: str) -> None:
    """Click the button of a finding, if the report has it, and wait until the finding is gone."""
    finding = widget(page, f"dataset_finding_{kind}")
    if finding.count() == 0:
        return
    # asked of the card itself: its content comes later, and a click on an open card would close it
    if finding.get_by_test_id("stExpanderDetails").get_attribute("inert") is not None:
        finding.locator("summary").click()
    widget(page, f"dataset_finding_pictures_{kind}_usual").get_by_role("button").click()
    finding.wait_for(state="detached")
    widget(page, "dataset_check").wait_for()
    settled(page)
