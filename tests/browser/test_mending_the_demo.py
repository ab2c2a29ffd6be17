"""The flaws that the demo has on purpose are mended in the browser, in less than a minute."""

from pathlib import Path

from tests.support.browser import settled, widget
from tests.support.mending import WRONG_LABELS, mend_demo


def test_the_flaws_of_the_demo_are_mended_in_less_than_a_minute(
    start_dashboard, new_page, drawn_demo: Path, home: Path
):
    dashboard = start_dashboard(home)
    page = new_page()
    assert mend_demo(page, dashboard) < 60
    page.goto(dashboard.url("dataset", dataset="demo", dataset_tab="health"))
    settled(page, "Dataset")
    widget(page, "dataset_check").wait_for()
    assert page.get_by_text("few training images").count() > 0
    for kind in ("leak", "duplicates", "near_duplicates", "unreadable", "conflicting_labels"):
        assert widget(page, f"dataset_finding_{kind}").count() == 0, kind
    assert page.get_by_role("button", name=f"{3 + len(WRONG_LABELS)} edits").count() == 1
