"""The content of the dialog on a separate page, because AppTest cannot press buttons in a dialog."""

import io
import zipfile

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.support.pages import TIMEOUT_S, checked, text_of
from tests.support.visitors import visit
from tlcore.data.intake.library import list_sources
from tlcore.data.intake.upload import Summary


def body() -> None:
    import ui.add_dataset.dialog

    ui.add_dataset.dialog.show_ways()


def picture(colour: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (colour, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for number, name in enumerate(names):
            made.writestr(name, picture(number))
    return buffer.getvalue()


@pytest.fixture
def dialog() -> AppTest:
    return AppTest.from_function(body, default_timeout=TIMEOUT_S).run()


def upload_zip(dialog: AppTest, data: bytes, name: str = "my insects.zip") -> AppTest:
    dialog.get("file_uploader")[0].set_value((name, data, "application/zip")).run()
    return dialog.button(key="add_dataset_unpack").click().run()


def test_a_zip_is_summarised_before_it_is_used(dialog):
    upload_zip(dialog, archive(*[f"{name}/{number}.png" for name in ("ants", "bees") for number in range(4)]))
    checked(dialog)
    assert "8 images of 2 classes: 4 train, 2 val, 2 test" in text_of(dialog).replace("*", "")
    assert list_sources() == ["demo"]
    dialog.button(key="add_dataset_use").click().run()
    assert list_sources()[1].endswith("my insects")


def test_discarding_leaves_nothing_behind(dialog, home):
    upload_zip(dialog, archive("a/1.png", "a/2.png", "b/1.png", "b/2.png"))
    dialog.button(key="add_dataset_discard").click().run()
    assert not list(home.rglob("*.png"))
    assert list_sources() == ["demo"]


@pytest.mark.parametrize("data", [archive("../../evil.png"), b"no zip", archive("a/1.png")])
def test_a_hostile_or_useless_zip_is_one_box(dialog, home, data):
    upload_zip(dialog, data)
    checked(dialog)
    assert len(dialog.error) == 1
    assert str(home) not in dialog.error[0].value
    assert not list(home.rglob("*.png"))


@pytest.fixture
def own_machine(monkeypatch) -> None:
    monkeypatch.setattr("ui.add_dataset.dialog.is_own_machine", lambda: True)  # AppTest has no IP address of a machine


@pytest.mark.usefixtures("own_machine")
def test_a_path_can_be_named_on_ones_own_machine(dialog, colours):
    dialog.segmented_control(key="add_dataset_way").set_value("Path").run()
    dialog.text_input(key="add_dataset_path").set_value(str(colours)).run()
    dialog.button(key="add_dataset_look").click().run()
    assert "74 images of 2 classes" in text_of(dialog).replace("*", "")
    dialog.button(key="add_dataset_use_path").click().run()
    assert list_sources() == ["demo", str(colours)]


def test_a_hosted_dashboard_offers_no_path(monkeypatch):
    visit(monkeypatch)
    hosted = AppTest.from_function(body, default_timeout=TIMEOUT_S).run()
    assert hosted.segmented_control(key="add_dataset_way").options == ["Zip", "New dataset", "CSV and images"]


@pytest.mark.usefixtures("own_machine")
def test_a_path_to_nothing_is_one_box(dialog):
    dialog.segmented_control(key="add_dataset_way").set_value("Path").run()
    dialog.text_input(key="add_dataset_path").set_value("/no/such/place").run()
    dialog.button(key="add_dataset_look").click().run()
    assert "There is nothing at /no/such/place" in text_of(dialog)


def test_the_stated_limit_is_the_uploaders(dialog):
    assert f"At most {st.get_option('server.maxUploadSize')} MB and 100,000 files." in text_of(dialog)


def test_unreadable_images_do_not_count_and_are_named(dialog):
    buffer = io.BytesIO(archive(*[f"{name}/{number}.png" for name in ("ants", "bees") for number in range(4)]))
    with zipfile.ZipFile(buffer, "a") as made:
        made.writestr("ants/bad.jpg", b"noise")
    upload_zip(dialog, buffer.getvalue())
    assert "8 images of 2 classes" in text_of(dialog)
    assert dialog.expander[0].label == "1 image cannot be read, and is not counted"
    assert dialog.dataframe[1].value["File"].tolist() == ["ants/bad.jpg"]


def test_what_is_not_read_in_time_is_said():
    def shown() -> None:
        import streamlit as st

        from ui.add_dataset.summary import show_summary

        show_summary(st.session_state["summary"])

    page = AppTest.from_function(shown, default_timeout=TIMEOUT_S)
    page.session_state["summary"] = Summary(("a",), {"train": {"a": 9_000}}, (), (), 5_000, ())
    assert "about 9,000 images of 1 class" in text_of(page.run())
    assert "5,000 images were tried so far. The health report on the Dataset page tries all." in text_of(page)


def test_unused_files_are_listed_before_the_decision(dialog):
    names = [f"{name}/{number}.png" for name in ("ants", "bees") for number in range(4)]
    upload_zip(dialog, archive(*names, "ants/readme.txt", "../x.png"))
    assert "Left out when it was taken in: 2 files, like 'ants/readme.txt'" in text_of(dialog)
    assert dialog.expander[0].label == "2 files are left out"
