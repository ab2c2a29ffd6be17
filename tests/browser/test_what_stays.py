"""What a link contains, and what a visit remembers."""

from playwright.sync_api import expect

from tests.support.browser import (
    choose,
    click_through,
    expect_chosen,
    expect_in_address,
    press,
    settled,
    visit,
    widget,
)
from tests.support.waiting import eventually


def test_a_link_restores_dataset_filter_and_page_of_the_gallery(furnished, furnished_dashboard, open_page):
    page = open_page(furnished_dashboard.url("dataset", dataset=furnished.other_source))
    _split(page, "train")
    _next_page(page, 2)
    choose(page, "dataset_class", "class 3")  # returns to the first page
    eventually(lambda: _captions(page), {"class 3", "train"})
    choose(page, "dataset_class", "all")
    eventually(lambda: _captions(page), lambda captions: len(captions) > 2)
    first = _files(page)
    _next_page(page, 3)
    shown = eventually(lambda: _files(page), lambda files: files and not {*files} & {*first})

    again = open_page(page.evaluate("location.href"))
    expect_chosen(again, "shell_dataset", furnished.other_name)
    eventually(lambda: _files(again), shown)
    captions = _captions(again)
    assert "train" in captions
    assert not {"val", "test"} & captions


def test_settings_of_a_page_stay_after_visiting_another(furnished, furnished_dashboard, open_page):
    page = open_page(furnished_dashboard.url("train", dataset="demo"))
    number = widget(page, "train_epochs").locator("input")
    number.fill("7")
    number.press("Enter")
    page.get_by_text("7 epochs of").wait_for()
    click_through(page, "dataset")
    _split(page, "val")
    click_through(page, "augment")
    press(page, "augment_count", "24")
    page.get_by_text("Seeds 0 to 23").wait_for()
    click_through(page, "")

    click_through(page, "train")
    expect(number).to_have_value("7")
    click_through(page, "dataset")
    eventually(lambda: _captions(page) & {"train", "val", "test"}, {"val"})
    click_through(page, "augment")
    page.get_by_text("Seeds 0 to 23").wait_for()


def test_links_to_other_pages_keep_the_chosen_dataset_and_run(furnished, furnished_dashboard, open_page):
    page = open_page(furnished_dashboard.url("compare", dataset=furnished.other_source, run=furnished.older))
    for name in ("train", "predict", "dataset", ""):
        click_through(page, name)
        expect_chosen(page, "shell_dataset", furnished.other_name)
        expect_in_address(page, f"run={furnished.older}")


def test_an_address_of_an_unknown_dataset_or_run_is_no_error(furnished_dashboard, new_page):
    page = new_page()
    for name in ("dataset", "train", "compare", "predict"):
        visit(page, furnished_dashboard.url(name, dataset="/etc", run="../../etc/passwd"))
        expect_chosen(page, "shell_dataset", "demo")


def _split(page, name: str) -> None:
    press(page, "dataset_split", name)
    expect_in_address(page, f"dataset_split={name}")
    eventually(lambda: _captions(page) & {"train", "val", "test"}, {name})


def _next_page(page, number: int) -> None:
    widget(page, "dataset_page").get_by_role("button", name=f"Page {number}", exact=True).click()
    expect_in_address(page, f"dataset_page={number}")
    settled(page)


def _files(page) -> list[str]:
    return page.locator(".pictures img").evaluate_all("images => images.map(image => image.alt)")


def _captions(page) -> set[str]:
    """The classes and splits below the pictures, without file names."""
    lines = page.locator(".pictures .text").evaluate_all(
        "all => all.map(one => [...one.children].map(c => c.innerText))"
    )
    return {line for text in lines for line in text[:-1]}
