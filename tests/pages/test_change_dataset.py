"""Renaming and removing a dataset. The dialogs' bodies stand on a page of their own: AppTest does not press buttons in
a dialog."""

import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.support.pages import TIMEOUT_S, checked, click, labels_of, open_page, text_of
from tests.support.visitors import visit
from tlcore.data.intake.library import add_path, list_sources
from ui.shared.state import NEWS


@pytest.fixture(autouse=True)
def _nothing_is_cached(drawn_demo):
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def uploaded(colours, home) -> str:
    shutil.copytree(colours, home / "datasets" / "paints")
    return str(home / "datasets" / "paints")


def removal_body(source: str) -> None:
    import ui.dataset.change

    ui.dataset.change.show_removal(source)


def renaming_body(source: str) -> None:
    import ui.dataset.change

    ui.dataset.change.show_renaming(source)


def draw(body, source: str) -> AppTest:
    return checked(AppTest.from_function(body, default_timeout=TIMEOUT_S, args=(source,)).run())


def test_an_upload_is_deleted_for_good_and_the_demo_is_chosen(uploaded):
    dialog = draw(removal_body, uploaded)
    assert "They are deleted for good." in text_of(dialog)
    assert Path(uploaded).is_dir()  # nothing is done before somebody says yes
    dialog.button(key="dataset_remove_yes").click().run()
    assert list_sources() == ["demo"]
    assert not Path(uploaded).exists()
    assert dialog.query_params["dataset"] == "demo"
    assert dialog.session_state[NEWS] == "paints is deleted. This is the demo."


def test_an_added_path_is_forgotten_and_its_files_stay(colours):
    source = add_path(str(colours))
    files = sorted(colours.rglob("*"))
    dialog = draw(removal_body, source)
    assert "Its files stay where they are, untouched." in text_of(dialog)
    assert "deleted" not in text_of(dialog)
    dialog.button(key="dataset_remove_yes").click().run()
    assert list_sources() == ["demo"]
    assert sorted(colours.rglob("*")) == files
    assert "off the list; its files are where they were" in dialog.session_state[NEWS]


def test_a_dataset_is_renamed_and_stays_chosen(uploaded, home):
    (home / "datasets" / "Oils").mkdir()
    dialog = draw(renaming_body, uploaded)
    assert dialog.button(key="dataset_rename_yes").disabled
    dialog.text_input(key="dataset_new_name").set_value("oils").run()
    assert "It will be called oils-2." in text_of(dialog).replace("*", "")
    dialog.button(key="dataset_rename_yes").click().run()
    assert list_sources() == ["demo", str(home / "datasets" / "oils-2")]
    assert dialog.query_params["dataset"] == "oils-2"
    assert dialog.session_state[NEWS].replace("\\", "") == "paints is called oils-2 now."


def test_what_becomes_of_runs_is_said(uploaded, make_run):
    make_run("trained", data={"source": uploaded})
    assert "1 run on it will keep all numbers, and no longer find the images." in text_of(draw(removal_body, uploaded))


def test_what_a_run_trains_on_stays(uploaded, make_run, monkeypatch):
    run = make_run("trained", data={"source": uploaded})
    monkeypatch.setattr("ui.dataset.change.live_runs", lambda: [run])
    for body, button in ((removal_body, "dataset_remove_yes"), (renaming_body, "dataset_rename_yes")):
        dialog = draw(body, uploaded)
        assert [warning.value for warning in dialog.warning] == [
            "A run on it goes on. Wait until it is over, or stop it."
        ]
        assert dialog.button(key=button).disabled


def test_only_what_can_be_changed_has_the_buttons(uploaded, colours):
    added = add_path(str(colours))
    assert {"Rename", "Remove"} <= set(labels_of(open_page("dataset", dataset=uploaded)))
    on_added = labels_of(open_page("dataset", dataset=added))
    assert "Remove" in on_added
    assert "Rename" not in on_added
    assert not {"Rename", "Remove"} & set(labels_of(open_page("dataset", dataset="demo")))


def test_strangers_change_no_dataset(uploaded, monkeypatch):
    visit(monkeypatch)
    assert not {"Rename", "Remove"} & set(labels_of(open_page("dataset", dataset="paints")))


def test_the_dialog_opens_from_the_page(uploaded):
    page = click(open_page("dataset", dataset=uploaded), "dataset_remove")
    assert "They are deleted for good." in text_of(page)
    assert Path(uploaded).is_dir()
