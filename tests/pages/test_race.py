import pytest

from tests.support.pages import checked, click, figure, open_page as open_any_page, run, text_of
from tests.support.visitors import visit
from tests.support.waiting import eventually
from tlcore.data.intake.library import add_path
from tlcore.runs.work.probes import Probe, start_probe

START, STOP, TRAIN, CHOICE = "train_race_start", "train_race_stop", "train_race_train", "train_race_choice"
BACKBONES = "train_race_backbones"

pytestmark = pytest.mark.usefixtures("fresh", "no_probes_left")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """No server answers, also not to the process of the race."""
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.fixture
def open_page(colours):
    add_path(str(colours))

    def make(*backbones):
        page = open_any_page("train", dataset=str(colours), view="race")
        if backbones:
            page.multiselect(key=BACKBONES).set_value(list(backbones))
        return page

    return make


def finished(page, home):
    """The page after its race has ended."""
    (folder,) = (home / "cache" / "probes").iterdir()
    eventually(lambda: Probe(folder).is_live, False)
    return run(page)


def test_those_at_hand_take_part_without_a_network(open_page):
    page = open_page()
    assert "efficientnet_lite0" in page.multiselect(key=BACKBONES).value
    assert "mobilenet_v2" not in page.multiselect(key=BACKBONES).value
    assert "The test images are left alone." in text_of(page)


def test_a_race_shows_its_standing_and_fills_the_form_with_the_chosen_one(open_page, home):
    page = open_page("small_cnn=none", "cifar_cnn=none", "mobilenet_v2")
    page = finished(click(page, START), home)
    text = text_of(page)
    assert "The weights of mobilenet_v2 are not on this machine, and there is no network to get them" in text
    assert "Each is compared with the best one on the same images by McNemar's exact test" in text
    assert "on this machine (cpu" in text
    assert len(page.dataframe[0].value) == 3
    assert page.dataframe[0].value["Backbone"].tolist()[-1] == "mobilenet_v2"
    assert figure(page, "train_race_figure")["data"]
    page.selectbox(key=CHOICE).set_value("cifar_cnn (none)")
    page = click(checked(page.run()), TRAIN)
    assert "Filled from the race: cifar_cnn (none), frozen, with the default head." in text_of(page)
    assert page.session_state["train_draft"]["model"] == {"backbone": "cifar_cnn", "weights": "none"}


def test_a_stopped_race_keeps_what_is_done_and_can_go_on(open_page, home, configure, monkeypatch):
    def endless(key, command, config):
        return start_probe(key, ["find-lr", "--json", "--steps", "1000000000"], configure())

    with monkeypatch.context() as patch:
        patch.setattr("ui.train.race.start_probe", endless)
        page = click(open_page("small_cnn=none"), START)
    assert page.button(key=START).disabled
    page = finished(click(page, STOP), home)
    assert "The race was stopped." in text_of(page)
    page = finished(click(page, START), home)
    assert "small_cnn (none) is the only one that finished." in text_of(page)
    assert "small_cnn (none) is the only one that finished." in text_of(open_page())  # for the next visit, too


def test_an_unknown_name_is_told_in_a_box(open_page):
    page = click(open_page("small_cnn=none", "resnet81"), START)
    assert "No backbone named 'resnet81'" in text_of(page)


def test_visitors_of_a_hosted_dashboard_choose_from_what_is_there(open_page, monkeypatch):
    visit(monkeypatch)
    options = open_page().multiselect(key=BACKBONES).options
    assert any(option.startswith("efficientnet_lite0") for option in options)
    assert not any(option.startswith("mobilenet_v2") for option in options)
