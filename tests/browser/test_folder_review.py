"""The review of photographs without labels, by keys alone."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from tests.support.browser import settled
from tests.support.waiting import eventually
from tlcore import evaluate, train
from tlcore.data.catalog import open_dataset
from tlcore.data.formats.unlabelled import open_unlabelled
from tlcore.evaluation.unlabelled import predict_unlabelled
from tlcore.system.drive import drive
from tlcore.training.history import best_epoch


@pytest.fixture
def source(home, colours):
    (home / "datasets").mkdir(parents=True)
    return str(colours.rename(home / "datasets" / "colours"))


@pytest.fixture
def dashboard(home, source, configure, make_images, start_dashboard):
    """A dashboard with four photographs without labels that a run on `colours` has predicted."""
    shots = home / "datasets" / "shots"
    shots.mkdir()
    for path in sorted(make_images("unseen", seed=5, test=2).rglob("*.png")):
        shutil.copy(path, shots / f"{path.parent.name}-{path.name}")
    run = train(configure(data={"source": source}, epochs=1))
    evaluate(run)
    drive(predict_unlabelled(run, best_epoch(run.history()), open_unlabelled(shots)))
    return start_dashboard(home)


def added(source):
    dataset = open_dataset(source)
    return {s.id.rpartition("/")[2]: dataset.classes[s.target] for s in dataset.samples if s.id.startswith("added/")}


def test_photographs_are_reviewed_by_the_keyboard_alone(dashboard, new_page, source):
    page = new_page()
    slow = []
    page.route("**/Button.*.js", lambda script: slow.append(script))
    page.goto(dashboard.url("predict", dataset="colours", predict_view="folder"))
    to_go = page.get_by_text("to go")

    def press(key, words):
        page.keyboard.press(key)
        expect(to_go).to_contain_text(words)
        settled(page)

    expect(to_go).to_contain_text("4 to go")
    for script in slow:  # of buttons, which take their keys once it is there
        script.continue_()
    settled(page)
    name = to_go.inner_text().partition(" ·")[0]
    press("a", "3 to go")
    eventually(lambda: added(source).keys(), {name})
    press("s", "2 to go")
    eventually(lambda: len(added(source)), 1)

    name = to_go.inner_text().partition(" ·")[0]
    other = page.get_by_role("button", name=re.compile("It is (blue|green)"))
    expect(other).to_have_count(1)
    label = "blue" if "blue" in other.inner_text() else "green"
    press("1" if label == "blue" else "2", "1 to go")
    eventually(lambda: added(source).get(name), label)
    page.keyboard.press("a")
    page.get_by_text("1 photograph skipped.").wait_for()
    settled(page)
    eventually(lambda: len(added(source)), 3)

    page.reload()  # what was decided stays; what was skipped comes again
    expect(to_go).to_contain_text("1 to go")
