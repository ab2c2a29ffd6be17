"""One click on a recipe fills the form, and the page of a recipe has its own link."""

import re

from playwright.sync_api import expect

from tests.support.browser import HEADINGS, expect_no_sideways_scroll, settled, widget


def test_a_click_on_a_card_fills_the_form(furnished_dashboard, open_page):
    page = open_page(furnished_dashboard.url("train", dataset="demo", view="recipes"))
    widget(page, "recipe_use_ants-bees-vgg16-finetune").locator("button").click()
    widget(page, "train_origin").wait_for()
    settled(page, HEADINGS["train"])
    backbone = widget(page, "train_model_backbone").locator("input")
    expect(backbone).to_have_value(re.compile("^vgg16 · 138.4 M · 71.6 % on ImageNet"))
    # a number field is drawn empty for a moment, before the value that the recipe has set reaches it
    expect(widget(page, "train_strategy_learning_rates_features").locator("input")).to_have_value("0.0001")
    page.get_by_text("2 epochs of").wait_for()


def test_the_page_of_a_recipe_is_complete_as_the_first_request_of_a_server(furnished, start_dashboard, open_page):
    address = start_dashboard(furnished.home).url("train", view="recipes", recipe="ants-bees-resnet18-frozen")
    for width in (1280, 400):
        page = open_page(address, width=width)
        page.get_by_role("heading", name="Frozen, and in evaluation mode").wait_for()
        expect_no_sideways_scroll(page)
