"""The queue of doubtful labels by the keyboard alone."""

import pytest

from tests.support import furnish
from tests.support.browser import expect_no_sideways_scroll, serve, settled
from tests.support.work import finish_work, suspect
from tlcore.data.catalog import open_dataset
from ui.dataset.labels import check_key


@pytest.fixture
def suspects():
    return [
        suspect(
            f"train/class {number}/0000{number}.jpg",
            f"class {number}",
            f"class {number + 1}",
            ("val/class 5/00000.jpg",),
        )
        for number in range(6)
    ]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One dashboard for all tests here."""
    started = serve(tmp_path_factory.mktemp("labels"))
    yield started
    started.stop()


@pytest.fixture
def address(running, suspects, request, monkeypatch):
    """The address of a checked dataset, one for each test: six of its labels look wrong."""
    monkeypatch.setenv("TLCORE_HOME", str(running.home))
    source = str(running.home / "datasets" / request.node.name)
    furnish.write_images(source, images=200)
    finish_work(running.home, check_key(source, "efficientnet_lite0"), {"suspects": suspects, "agreement": 0.9})
    return running.url("dataset", dataset=request.node.name, dataset_tab="labels")


@pytest.fixture
def labels(running, address, request):
    """The labels of the suspects now, and which were kept."""
    source = str(running.home / "datasets" / request.node.name)

    def now():
        dataset = open_dataset(source)
        return {sample.id: dataset.classes[sample.target] for sample in dataset.samples}, dataset.accepted

    return now


def test_doubtful_labels_are_decided_by_the_keyboard_alone(address, open_page, suspects, labels):
    ids = [row["id"] for row in suspects]
    page = open_page(address)
    place = page.locator(".queue .head b")
    said = page.locator(".queue [role=status]")

    def waits_for(words, message):
        place.filter(has_text=words).wait_for()
        said.filter(has_text=message).wait_for()
        settled(page)

    place.filter(has_text="1 of 6").wait_for()
    settled(page)
    page.keyboard.press("k")
    waits_for("2 of 6", "00000.jpg stays class 0.")
    page.keyboard.press("t")
    waits_for("3 of 6", "class 1 → class 2")
    page.keyboard.press("c")
    page.keyboard.type("CLASS 7")  # c and k are letters here, and no decisions
    page.get_by_role("button", name="class 7").wait_for()
    page.keyboard.press("Enter")
    waits_for("4 of 6", "class 2 → class 7")
    page.keyboard.press("u")
    waits_for("3 of 6", "Undone")
    page.keyboard.press("ArrowRight")
    place.filter(has_text="4 of 6").wait_for()
    page.keyboard.press("ArrowLeft")
    place.filter(has_text="3 of 6").wait_for()
    page.keyboard.press("Enter")
    waits_for("4 of 6", "class 2 → class 3")
    now, kept = labels()
    assert [now[sample_id] for sample_id in ids[:4]] == ["class 0", "class 2", "class 3", "class 3"]
    assert kept == {"labels": {ids[0]}}

    page.reload()  # nothing is lost, and it goes on where it was
    place.filter(has_text="4 of 6").wait_for()
    page.get_by_text("3 decided").wait_for()


def test_keys_pressed_faster_than_the_server_answers_are_all_taken(address, open_page, suspects, labels):
    page = open_page(address)
    page.locator(".queue .head b").filter(has_text="1 of 6").wait_for()
    settled(page)
    for key in "ktk":
        page.keyboard.press(key)
    page.locator(".queue .head b").filter(has_text="4 of 6").wait_for()
    page.locator(".queue [role=status]").filter(has_text="00002.jpg stays class 2.").wait_for()
    settled(page)
    now, kept = labels()
    assert now[suspects[1]["id"]] == "class 2"
    assert kept == {"labels": {suspects[0]["id"], suspects[2]["id"]}}


def test_on_a_phone_the_buttons_decide(address, open_page, labels):
    page = open_page(address, width=400)
    page.get_by_role("button", name="Take: class 1").click()
    page.locator(".queue [role=status]").filter(has_text="class 0 → class 1").wait_for()
    settled(page)
    assert "class 1" in labels()[0]["train/class 0/00000.jpg"]
    expect_no_sideways_scroll(page)
