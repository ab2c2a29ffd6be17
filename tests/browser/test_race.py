"""The race of backbones on the Train page: two tiny networks on the drawn demo."""

from playwright.sync_api import expect

from tests.support.browser import settled, widget

NETWORKS = ("small_cnn=none", "cifar_cnn=none")


def test_two_networks_race_on_the_demo_and_the_chosen_one_fills_the_form(furnished_dashboard, open_page):
    page = open_page(furnished_dashboard.url("train", dataset="demo", view="race"))
    chosen = widget(page, "train_race_backbones")
    removes = chosen.locator("button[aria-label^='Remove ']")
    chosen.get_by_role("button", name="Clear all").click()
    expect(removes).to_have_count(0)
    for number, name in enumerate(NETWORKS, 1):
        chosen.locator("input").fill(name)
        page.get_by_role("option", name=f"Add: {name}").click()
        expect(removes).to_have_count(number)
        settled(page)
    chosen.locator("input").press("Escape")
    widget(page, "train_race_start").get_by_role("button").click()

    train = widget(page, "train_race_train").get_by_role("button")
    train.wait_for()
    settled(page)
    train.click()
    page.get_by_text("Filled from the race:").wait_for()
    settled(page)
