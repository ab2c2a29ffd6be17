"""Photographs are added to an own dataset, in the content of the dialog; other datasets do not offer it."""

import io
import shutil

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.support.pages import TIMEOUT_S, checked, labels_of, open_page, pictures, text_of
from tests.support.visitors import visit
from tlcore.data.catalog import open_dataset


def body() -> None:
    import streamlit as st

    from ui.dataset.add_images import show_adding

    show_adding(st.session_state["source"])


def photograph(colour: int, name: str = "new.png") -> tuple[str, bytes, str]:
    buffer = io.BytesIO()
    Image.new("RGB", (9, 7), (colour, 1, 2)).save(buffer, "PNG")
    return name, buffer.getvalue(), "image/png"


@pytest.fixture
def source(colours, home, fresh) -> str:
    (home / "datasets").mkdir(parents=True)
    return shutil.copytree(colours, home / "datasets" / "mine").as_posix()


@pytest.fixture
def dialog(source) -> AppTest:
    page = AppTest.from_function(body, default_timeout=TIMEOUT_S)
    page.session_state["source"] = source
    return checked(page.run())


def drop(dialog: AppTest, *photographs: tuple[str, bytes, str]) -> AppTest:
    return checked(dialog.get("file_uploader")[0].set_value(list(photographs)).run())


def test_they_go_to_the_chosen_class_and_split_and_can_be_undone(dialog, source):
    dialog.selectbox(key="add_images_class").set_value("green").run()
    dialog.button_group(key="add_images_split").set_value("val").run()
    drop(dialog, photograph(1, "a.png"), photograph(2, "b.png"), photograph(2, "c.png"))
    assert "2 photographs added." in text_of(dialog)
    assert "c.png: the same photograph as green/b.png, kept once" in text_of(dialog)
    assert "green has 39 images now." in text_of(dialog).replace("*", "")
    assert [picture["id"] for picture in pictures(dialog)] == ["val/green/b.png", "val/green/a.png"]
    dialog.button(key="add_images_taking_undo").click().run()
    assert [picture["id"] for picture in pictures(checked(dialog))] == ["val/green/a.png"]
    assert "val/green/b.png" not in [sample.id for sample in open_dataset(source).samples]


def test_a_new_class_begins_in_train(dialog, source):
    dialog.selectbox(key="add_images_class").set_value("").run()
    assert not dialog.get("file_uploader")
    dialog.text_input(key="add_images_new").set_value("<b>red</b>").run()
    drop(dialog, photograph(1), photograph(2))
    dataset = open_dataset(source)
    assert dataset.classes == ("_b_red__b_", "blue", "green")
    assert dataset.class_counts("train")["_b_red__b_"] == 2


def test_only_an_own_dataset_offers_it(source, colours, monkeypatch, fresh):
    from tlcore.data.intake.library import add_path

    assert "Add images" in labels_of(open_page("dataset", dataset=source))
    assert "Add images" not in labels_of(open_page("dataset", dataset=add_path(str(colours))))
    assert "Add images" not in labels_of(open_page("dataset", dataset="demo"))
    visit(monkeypatch)
    assert "Add images" not in labels_of(open_page("dataset", dataset="mine"))
