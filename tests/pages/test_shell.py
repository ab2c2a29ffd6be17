"""The frame of every page: the dataset in the address, an added dataset, the first minute."""

import threading
from pathlib import Path

import pytest

from tests.support.pages import open_page, page_at, run, text_of
from tests.support.visitors import visit
from tlcore.data.intake.library import add_path
from tlcore.system.home import in_space
from ui.shared.cached import DemoDrawing
from ui.shared.datasets import dataset_name, source_of

pytestmark = pytest.mark.usefixtures("empty_caches")


def asked(page) -> str:
    value = page.query_params["dataset"]
    return value if isinstance(value, str) else value[0]


def test_the_address_has_the_name_of_a_dataset_and_no_path(drawn_demo, colours):
    source = add_path(str(colours))
    page = open_page("dataset", dataset="colours")
    assert "**colours**: 74 images" in text_of(page)
    assert asked(page) == "colours"
    assert asked(open_page("dataset", dataset=source)) == "colours"  # an older link works and is rewritten


def test_a_hosted_dashboard_opens_datasets_by_name_only(drawn_demo, colours, monkeypatch):
    source = str(colours)
    monkeypatch.setenv("TLCORE_DATA", source)
    with in_space(visit(monkeypatch)):
        assert source_of(source) is None
        assert source_of("colours") == source
    assert "There is no dataset colours here. This is the demo." in text_of(open_page("dataset", dataset=source))


def test_two_datasets_of_one_name_have_different_addresses(tmp_path, make_images):
    sources = [add_path(str(make_images(f"{parent}/photos", train=2, val=1))) for parent in ("a", "b")]
    names = [dataset_name(source) for source in sources]
    assert len(set(names)) == 2
    assert all(name.startswith("photos~") for name in names)
    assert [source_of(name) for name in names] == sources
    assert source_of("photos") in sources
    assert source_of("nowhere") is None


def test_a_folder_with_the_name_of_a_built_in_dataset_is_not_confused_with_it(drawn_demo, make_images):
    source = add_path(str(make_images("my/demo", train=2, val=1)))
    assert source_of("demo") == "demo"
    assert source_of(dataset_name(source)) == source


@pytest.mark.parametrize("name", ["dataset", "train"])
def test_while_the_demo_is_drawn_the_page_has_its_heading_and_says_how_far_it_is(name, monkeypatch):
    drawing = DemoDrawing(done=120, total=550)
    monkeypatch.setattr("ui.shell.demo_drawing", lambda: drawing)
    seen = []

    def wait(seconds: float) -> bool:
        seen.append(seconds)
        if len(seen) > 1:
            drawing.error = "No space left on the disk."
            return True
        return False

    event = threading.Event()
    monkeypatch.setattr(event, "wait", wait)
    monkeypatch.setattr(event, "is_set", lambda: drawing.error is not None)
    drawing.finished = event
    page = open_page(name)
    assert "No space left on the disk." in text_of(page)  # the page does not wait for ever


def test_the_drawing_says_how_far_it_is():
    assert DemoDrawing(done=120, total=550).words == (
        "Drawing the demo dataset, 120 of 550 pictures. This happens once."
    )


def test_an_added_dataset_is_announced_on_the_next_page(drawn_demo, colours):
    from ui.shared.state import NEWS

    page = page_at("dataset", dataset="colours")
    add_path(str(colours))
    page.session_state[NEWS] = "colours is here and chosen."
    run(page)
    assert [toast.value for toast in page.toast] == ["colours is here and chosen."]
    assert page.button(key="dataset_train").label == "Train on it"
    assert page.button(key="dataset_train").click().run().title[0].value == "Train"


def test_the_style_and_the_script_are_there():
    folder = Path(__file__).parents[2] / "ui"
    assert (folder / "shell.css").is_file()
    assert (folder / "shell.js").is_file()
