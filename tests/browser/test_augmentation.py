"""Changes on the Augmentation page that are faster than the server's answers."""

from tests.support.browser import settled
from tests.support.waiting import eventually


def test_arrow_keys_on_a_slider_keep_what_they_set(furnished_dashboard, open_page):
    page = open_page(furnished_dashboard.url("augment", dataset="demo"))
    upper = page.get_by_role("slider", name="Share of the area").last
    upper.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft", delay=20)
    page.get_by_role("button", name="Undo changes").and_(page.locator(":enabled")).wait_for()
    settled(page)
    value = "element => Number(element.getAttribute('aria-valuenow') ?? element.value)"
    eventually(lambda: round(upper.evaluate(value), 2), 0.9)
