"""What a visitor of a hosted dashboard sees of the own space, and of what others share. The dialogs' bodies stand on
pages of their own: AppTest does not press buttons in a dialog."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.furnish import write_images
from tests.support.pages import TIMEOUT_S, checked, labels_of, open_page, text_of
from tests.support.visitors import visit
from tlcore.hosting.spaces.grants import MARKED
from tlcore.hosting.spaces.links import list_links, make_link, take_back
from tlcore.hosting.spaces.visitors import new_visitor, space_of
from tlcore.runs.start import prepare_run
from tlcore.system.home import Space, in_space
from ui.shared.state import NEWS

pytestmark = pytest.mark.usefixtures("fresh")


def yours_body() -> None:
    import ui.space.yours

    ui.space.yours.show_yours()


def sharing_body(folder: str) -> None:
    from pathlib import Path

    import ui.shared.sharing

    ui.shared.sharing.show_sharing(Path(folder))


def draw(body, *args: str) -> AppTest:
    return checked(AppTest.from_function(body, default_timeout=TIMEOUT_S, args=args).run())


@pytest.fixture
def ann() -> Space:
    return space_of(new_visitor())


@pytest.fixture
def photos(ann):
    folder = ann.home / "datasets" / "photos"
    write_images(str(folder), images=60)
    return folder


@pytest.fixture
def run(ann, photos, configure):
    with in_space(ann):
        return prepare_run(configure(data={"source": str(photos)}), {"device": "cpu: of the test"})


def test_on_ones_own_machine_nothing_speaks_of_spaces(drawn_demo):
    page = open_page("dataset")
    assert "kept until" not in text_of(page)
    assert not {"Your space", "Share"} & set(labels_of(page))


def test_the_sidebar_says_how_long_work_is_kept_and_what_is_used(ann, photos, monkeypatch):
    visit(monkeypatch, ann.home.name)
    page = open_page("dataset")
    assert "Your work is kept until 24 h after your last visit." in text_of(page)
    assert "Images: 60 of 2,000" in text_of(page)
    assert "Your space" in labels_of(page)


def test_everything_of_mine_is_deleted_after_a_question(ann, photos, monkeypatch):
    visit(monkeypatch, ann.home.name)
    dialog = draw(yours_body)
    dialog.button(key="space_delete").click().run()
    assert "deleted for good" in text_of(dialog)
    dialog.button(key="space_delete_no").click().run()
    assert photos.is_dir()
    dialog.session_state["of this visit"] = 1
    dialog.button(key="space_delete").click().run()
    dialog.button(key="space_delete_yes").click().run()
    assert not photos.exists()
    assert not list(ann.home.parent.iterdir())
    assert dialog.session_state[NEWS] == "Everything of yours is deleted."
    assert "of this visit" not in dialog.session_state


def test_a_link_is_made_shown_once_and_taken_back(ann, photos, run, monkeypatch):
    visit(monkeypatch, ann.home.name)
    dialog = draw(sharing_body, str(run.path))
    assert "The images of photos can be seen with it" in text_of(dialog).replace("**", "")
    dialog.button(key="share_make").click().run()
    [address] = [code.value for code in dialog.code]
    with in_space(ann):
        [number] = list_links(run.path)
    assert "?shared=" in address
    assert number not in address
    assert f"Run {run.name}, link of" in text_of(draw(yours_body))
    dialog.button(key=f"share_back_{number}").click().run()
    with in_space(ann):
        assert not list_links()
    assert not list(run.path.glob(f"{MARKED}*"))


def test_an_opened_link_puts_a_run_on_the_lists_marked_and_not_to_be_changed(ann, photos, run, monkeypatch):
    with in_space(ann):
        token = make_link(run.path)
    bob = visit(monkeypatch)
    page = open_page("", shared=token)
    assert "shared" not in page.query_params
    page = open_page("train", run=run.name, dataset="photos", view="watch")
    [label] = page.selectbox(key="train_run").options
    assert label.endswith("shared with you")
    assert "photos · shared with you" in page.selectbox(key="shell_dataset").options
    assert not {"Delete", "Share"} & set(labels_of(page))
    page = open_page("dataset", dataset="photos")
    assert "60 images" in text_of(page)
    assert not {"Rename", "Remove", "Add images", "Share"} & set(labels_of(page))

    with in_space(ann):
        [number] = list_links()
    off = draw(yours_body)
    assert "Shared with you" in text_of(off)
    with in_space(ann):
        take_back(number)
    page = open_page("dataset", dataset="photos")
    assert "There is no dataset photos here." in text_of(page)
    assert not bob.granted


def test_a_visitor_takes_a_shared_thing_off_the_lists(ann, photos, monkeypatch):
    with in_space(ann):
        token = make_link(photos)
        [number] = list_links()
    bob = visit(monkeypatch)
    open_page("", shared=token)
    assert space_of(bob.home.name).granted == (photos,)
    draw(yours_body).button(key=f"space_forget_{number}").click().run()
    assert space_of(bob.home.name).granted == ()


@pytest.mark.parametrize("token", ["x", "../../etc/passwd", "é" * 500])
def test_a_wrong_token_opens_nothing_and_leaves_the_address(token, monkeypatch):
    visit(monkeypatch)
    page = open_page("", shared=token)
    assert "This link opens nothing: it was taken back, or it is not whole." in text_of(page)
    assert "shared" not in page.query_params


def test_a_host_with_accounts_asks_to_log_in_and_the_space_is_that_of_the_account(monkeypatch):
    monkeypatch.setenv("TLCORE_HOSTED_LOGIN", "true")
    visit(monkeypatch)
    account = {}
    monkeypatch.setattr("ui.shared.visitor.visitors_account", lambda: account)
    page = open_page("dataset")
    assert labels_of(page) == ["Log in"]
    assert "Dataset" not in text_of(page)
    seen = []
    for subject in ("ann", "bob", "ann"):
        account.update(is_logged_in=True, iss="https://accounts.example", sub=subject)
        visit(monkeypatch)  # another device each time
        open_page("dataset")
        assert "Log out" in labels_of(draw(yours_body))
        seen.append(sorted(path.name for path in space_of(new_visitor()).home.parent.iterdir()))
    assert [len(names) for names in seen] == [1, 2, 2]


def test_nothing_is_drawn_after_a_log_out(monkeypatch):
    monkeypatch.setenv("TLCORE_HOSTED_LOGIN", "true")
    visit(monkeypatch)
    account = {"is_logged_in": True, "iss": "https://accounts.example", "sub": "ann"}
    monkeypatch.setattr("ui.shared.visitor.visitors_account", lambda: account)
    monkeypatch.setattr("streamlit.logout", account.clear)
    open_page("dataset")
    page = draw(yours_body)
    page.button(key="space_log_out").click().run()
    assert not account
    assert "Log out" in labels_of(page)


def test_an_account_without_a_name_is_nobody(monkeypatch):
    monkeypatch.setenv("TLCORE_HOSTED_LOGIN", "true")
    visit(monkeypatch)
    monkeypatch.setattr("ui.shared.visitor.visitors_account", lambda: {"is_logged_in": True, "iss": 1, "sub": None})
    assert "Log in first" in text_of(open_page("dataset"))
