"""A dataset whose edits do not fit its files any more is opened again by taking edits back on the page."""

import pytest

from tests.support.pages import checked, click, open_page, text_of
from tests.support.visitors import visit
from tlcore.data.edits import open_edits
from tlcore.data.intake.library import add_path
from tlcore.system.home import as_host, in_space

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def misfit(colours) -> str:
    """All images that edits leave for one class are gone."""
    source = add_path(str(colours))
    open_edits(source).exclude(["train/blue/000.png"])
    for path in (colours / "train/blue").iterdir():
        if path.name != "000.png":
            path.unlink()
    return source


@pytest.mark.parametrize("button", ["dataset_undo_last", "dataset_discard_all"])
def test_edits_that_do_not_fit_are_taken_back(misfit, button):
    page = open_page("dataset", dataset=misfit)
    assert "cannot be used, because files are gone or have changed: train would have no images of 'blue'" in text_of(
        page
    )
    click(page, button)
    assert "54 images of 2 classes" in text_of(checked(page))


def test_a_visitor_takes_the_edits_of_the_host_back_for_themselves(misfit, monkeypatch):
    monkeypatch.setenv("TLCORE_DATA", misfit)
    space = visit(monkeypatch)
    page = open_page("dataset", dataset="colours")
    assert "train would have no images" in text_of(page)
    click(page, "dataset_undo_last")
    with in_space(space):
        assert open_edits(misfit).version == 2
    with as_host():
        assert open_edits(misfit).version == 1
