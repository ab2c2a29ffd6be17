"""A new dataset built in the dialog, class by class. As a separate page, because AppTest presses no buttons in a
dialog."""

import io

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.support.pages import TIMEOUT_S, checked, pictures, text_of
from tests.support.visitors import visit
from tlcore.data.catalog import open_dataset
from tlcore.data.intake.building import list_drafts, new_draft
from tlcore.data.intake.library import list_sources
from ui.shared.state import BUILDING


def body() -> None:
    import ui.add_dataset.dialog

    ui.add_dataset.dialog.show_ways()


def photograph(colour: int, name: str = "photo.png") -> tuple[str, bytes, str]:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (colour, 0, 100)).save(buffer, "PNG")
    return name, buffer.getvalue(), "image/png"


@pytest.fixture
def dialog(empty_caches, home) -> AppTest:
    opened = AppTest.from_function(body, default_timeout=TIMEOUT_S).run()
    return checked(opened.segmented_control(key="add_dataset_way").set_value("New dataset").run())


def name_class(dialog: AppTest, name: str) -> AppTest:
    dialog.text_input(key="build_new_class").set_value(name)
    return checked(dialog.button(key="build_add_class").click().run())


def drop(dialog: AppTest, *photographs: tuple[str, bytes, str]) -> AppTest:
    return checked(dialog.get("file_uploader")[0].set_value(list(photographs)).run())


def insects(dialog: AppTest, each: int = 4) -> AppTest:
    for first, name in enumerate(("bees", "ants")):
        name_class(dialog, name)
        drop(dialog, *(photograph(100 * first + number) for number in range(each)))
    return dialog


def said(dialog: AppTest) -> str:
    return text_of(dialog).replace("*", "")


def test_a_dataset_is_built_class_by_class_and_can_be_trained_on(dialog):
    assert "Name a class, add its photographs" in said(dialog)
    dialog.text_input(key="build_name").set_value("my insects").run()
    insects(dialog, each=2)
    assert "2 photographs added." in said(dialog)
    assert dialog.button_group(key="build_class").value == "ants"
    assert "Still needed: 1 more of 'ants', 1 more of 'bees'." in said(dialog)
    assert dialog.button(key="build_train").disabled
    drop(dialog, photograph(150), photograph(151))
    assert dialog.button_group(key="build_class").value == "ants"
    dialog.button_group(key="build_class").set_value("bees").run()
    drop(dialog, photograph(50))
    assert not dialog.button(key="build_train").disabled
    assert list_sources() == ["demo"]
    dialog.button(key="build_look").click().run()
    assert list_sources()[1].endswith("my insects")
    assert open_dataset(list_sources()[1]).classes == ("ants", "bees")


def test_what_is_dropped_twice_or_is_no_image_is_said(dialog):
    name_class(dialog, "ants")
    drop(dialog, photograph(1), photograph(1, "again.png"), ("x.png", b"text", "image/png"))
    assert "1 photograph added." in said(dialog)
    assert "again.png: the same photograph as ants/photo.png, kept once" in said(dialog)
    assert "x.png: not an image, by its first bytes" in said(dialog)


def test_the_last_one_can_be_undone_one_after_the_other(dialog):
    name_class(dialog, "ants")
    drop(dialog, photograph(1, "a.png"))
    drop(dialog, photograph(2, "b.png"))
    assert [picture["id"] for picture in pictures(dialog)] == ["ants/b.png", "ants/a.png"]
    dialog.button(key="build_taking_undo").click().run()
    assert [picture["id"] for picture in pictures(dialog)] == ["ants/a.png"]
    dialog.button(key="build_taking_undo").click().run()
    assert list_drafts()[0].counts == {"ants": 0}


def test_a_half_made_one_is_offered_in_the_next_visit(dialog):
    insects(dialog, each=2)
    (draft,) = list_drafts()
    again = AppTest.from_function(body, default_timeout=TIMEOUT_S).run()
    assert again.segmented_control(key="add_dataset_way").value == "New dataset"
    assert "ants and bees: 2 classes, 4 photographs" in said(again)
    again.button(key=f"build_continue_{draft.key}").click().run()
    assert again.query_params[BUILDING] == draft.key
    assert "Still needed: 1 more of 'ants'" in said(checked(again))


def test_the_address_leads_back_to_it(dialog):
    insects(dialog)
    (draft,) = list_drafts()
    again = AppTest.from_function(body, default_timeout=TIMEOUT_S)
    again.query_params[BUILDING] = draft.key
    assert not checked(again.run()).button(key="build_train").disabled


def test_strangers_see_only_their_own(dialog, monkeypatch):
    insects(dialog)
    visit(monkeypatch)
    other = AppTest.from_function(body, default_timeout=TIMEOUT_S).run()
    assert other.segmented_control(key="add_dataset_way").value == "Zip"
    other.segmented_control(key="add_dataset_way").set_value("New dataset").run()
    assert "photographs" not in said(other).replace("add its photographs", "")
    assert "What you add here is in your own space" in said(other)


def test_a_class_and_the_whole_can_be_removed(dialog):
    insects(dialog)
    dialog.button(key="build_remove_class").click().run()
    assert list_drafts()[0].counts == {"bees": 4}
    assert "name a second class" in said(checked(dialog))
    dialog.button(key="build_discard").click().run()
    assert list_drafts() == []
    assert "Name a class" in said(checked(dialog))


def test_names_are_shown_as_they_are(dialog):
    name_class(dialog, "**bold** $x$ :red[a]")
    (label,) = dialog.button_group(key="build_class").options
    assert label == r"\_\_bold\_\_ \$x\$ \_red\[a\] · 0"
    name_class(dialog, " ../ ")
    assert [box.value for box in dialog.error] == [r"A class needs a name, such as ants\."]


def test_a_draft_that_another_tab_finished_is_begun_anew(dialog):
    insects(dialog)
    list_drafts()[0].finish()
    checked(dialog.run())
    assert "Name a class, add its photographs" in said(dialog)


def test_an_unknown_key_in_the_address_is_ignored(empty_caches, home):
    new_draft("other")
    opened = AppTest.from_function(body, default_timeout=TIMEOUT_S)
    opened.query_params[BUILDING] = "../../etc"
    checked(opened.run())
    assert "other: 0 classes, 0 photographs" in said(opened)
