"""The part "Labels" of the Dataset page: the queue, what its decisions do, and the list with the bar of actions."""

import shutil

import pytest

from tests.support.pages import click, components_of, labels_of, open_page, pictures, run, text_of
from tests.support.work import finish_work, suspect
from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.evaluation.label_check import check_labels
from tlcore.system.drive import drive
from ui.dataset.labels import check_key
from ui.dataset.queue import Queue, doubts_of, open_doubts
from ui.shared.state import LABEL_QUEUE

pytestmark = pytest.mark.usefixtures("fresh", "no_probes_left")
HOSTILE = "**bold** <img src=x> $x$"
FIRST, SECOND, THIRD = "train/blue/000.png", "val/green/001.png", "train/blue/002.png"


@pytest.fixture
def source(make_images, monkeypatch):
    folder = make_images(classes=3, train=6, val=3, test=2)
    monkeypatch.setenv("TLCORE_DATA", str(folder))
    return str(folder)


@pytest.fixture
def suspects():
    return [
        suspect(FIRST, "blue", "green", ("test/green/000.png", "train/blue/001.png")),
        suspect(SECOND, "green", "red"),
        suspect(THIRD, "blue", "red"),
    ]


@pytest.fixture
def checked_labels(home, source, suspects):
    finish_work(home, check_key(source, "efficientnet_lite0"), {"suspects": suspects, "agreement": 0.93})
    return doubts_of(suspects)


def open_labels(source, **params):
    return open_page("dataset", dataset=source, dataset_tab="labels", **params)


def shown(page):
    return next(data for data in components_of(page) if "decided" in data)


def decision(number, what, sample_id="", label=""):
    return {"number": number, "what": what, "id": sample_id, "label": label}


def send(queue, doubts, *decisions, tab="one", at=""):
    queue.take({"tab": tab, "decisions": list(decisions), "at": at}, doubts)


def label_now(source, sample_id):
    dataset = open_dataset(source)
    return next(dataset.classes[sample.target] for sample in dataset.samples if sample.id == sample_id)


def test_the_queue_shows_the_image_its_labels_and_its_neighbours(source, checked_labels):
    page = open_labels(source)
    data = shown(page)
    assert [(item["id"], item["place"]) for item in data["items"]] == [(FIRST, 1), (SECOND, 2), (THIRD, 3)]
    first = data["items"][0]
    assert (first["given"], first["suggested"], first["p_given"], first["p_suggested"]) == ("blue", "green", 0.05, 0.9)
    assert first["image"].startswith("data:image/jpeg;base64,")
    assert [(near["label"], near["split"]) for near in first["neighbours"]] == [("green", "test"), ("blue", "train")]
    assert (data["at"], data["of"], data["decided"]) == (FIRST, 3, 0)
    assert "agrees with 93 %" in text_of(page)


def test_a_decision_is_an_edit_and_does_not_come_again(source, checked_labels):
    send(Queue(source), checked_labels, decision(1, "keep", FIRST), decision(2, "relabel", SECOND, "red"))
    assert open_dataset(source).accepted == {"labels": {FIRST}}
    assert label_now(source, SECOND) == "red"
    data = shown(open_labels(source))
    assert [(item["id"], item["place"]) for item in data["items"]] == [(THIRD, 3)]
    assert (data["at"], data["decided"]) == (THIRD, 2)


def test_a_decision_that_is_sent_again_is_taken_once(source, checked_labels):
    queue = Queue(source)
    send(queue, checked_labels, decision(1, "keep", FIRST))
    send(queue, checked_labels, decision(1, "keep", FIRST), decision(2, "relabel", THIRD, "red"))
    assert open_edits(source).version == 2
    send(queue, checked_labels, decision(1, "relabel", SECOND, "blue"), tab="two")  # another tab counts for itself
    assert open_edits(source).version == 3
    assert queue.taken == {"one": 2, "two": 1}


def test_another_class_can_be_chosen_and_the_given_one_means_to_keep(source, checked_labels):
    queue = Queue(source)
    send(queue, checked_labels, decision(1, "relabel", FIRST, "red"), decision(2, "relabel", THIRD, "blue"))
    assert label_now(source, FIRST) == "red"
    assert open_dataset(source).accepted == {"labels": {THIRD}}
    assert queue.said == "002.png stays blue."


def test_undo_brings_the_image_back_and_shows_it(source, checked_labels):
    queue = Queue(source)
    send(queue, checked_labels, decision(1, "relabel", FIRST, "green"), decision(2, "keep", SECOND), at=THIRD)
    send(queue, checked_labels, decision(3, "undo"), at=THIRD)
    assert (queue.at, queue.goes) == (SECOND, 1)
    assert queue.said.startswith("Undone:")
    send(queue, checked_labels, decision(4, "undo"), decision(5, "undo"))
    assert queue.at == FIRST
    assert queue.said == "Nothing to undo."
    assert len(open_doubts(source, checked_labels)) == 3


def test_undo_leaves_edits_of_other_parts_alone(source, checked_labels):
    open_edits(source).exclude(["train/red/000.png"])
    queue = Queue(source)
    send(queue, checked_labels, decision(1, "undo"))
    assert "was not made here" in queue.said
    assert len(open_dataset(source).samples) == 32


def test_what_is_refused_is_said_and_the_image_stays(source, checked_labels):
    queue = Queue(source)
    send(queue, checked_labels, decision(1, "relabel", FIRST, "no such class"), at=SECOND)
    assert queue.failed
    assert "No class is named 'no such class'." in queue.said
    assert (queue.at, queue.goes) == (FIRST, 1)
    assert open_edits(source).version == 0


@pytest.mark.parametrize(
    "sent", [None, 7, {}, {"tab": 1, "decisions": [], "at": ""}, {"tab": "a", "decisions": [{"number": "1"}], "at": ""}]
)
def test_what_a_browser_should_not_send_does_nothing(source, checked_labels, sent):
    queue = Queue(source)
    queue.take(sent, checked_labels)
    send(queue, checked_labels, decision(1, "relabel", "train/red/000.png", "blue"))  # it is not in the queue
    assert open_edits(source).version == 0


def test_labels_that_changed_elsewhere_are_decided(source, checked_labels):
    open_edits(source).relabel([FIRST], "red")
    open_edits(source).exclude([SECOND])
    assert [doubt.id for doubt in open_doubts(source, checked_labels)] == [THIRD]


def test_the_queue_goes_on_where_it_was_and_with_chosen_splits(source, checked_labels):
    page = open_labels(source)
    page.session_state[LABEL_QUEUE] = Queue(source, at=SECOND)
    assert shown(run(page))["at"] == SECOND
    page.pills(key="dataset_labels_splits").set_value(["train"])
    data = shown(run(page))
    assert [(item["id"], item["place"]) for item in data["items"]] == [(FIRST, 1), (THIRD, 2)]
    assert (data["at"], data["of"]) == (THIRD, 2)


def test_all_decided_is_said(source, checked_labels):
    open_edits(source).accept("labels", [FIRST, SECOND, THIRD])
    data = shown(open_labels(source))
    assert (data["items"], data["decided"], data["of"]) == ([], 3, 3)


def test_all_at_once_the_open_ones_have_the_bar_of_actions(source, checked_labels):
    open_edits(source).accept("labels", [SECOND])
    page = open_labels(source, dataset_labels_view="list")
    assert [picture["id"] for picture in pictures(page)] == [FIRST, THIRD]
    click(page, "dataset_labels_pictures_all")
    click(page, "dataset_labels_pictures_accept")
    assert open_dataset(source).accepted == {"labels": {FIRST, SECOND, THIRD}}
    assert "All are decided." in text_of(page)


def test_the_health_report_sums_up_and_leads_to_the_queue(source, checked_labels):
    from ui.dataset.data import look_at

    page = open_page("dataset", dataset=source, dataset_tab="health")
    assert look_at(source).finished.wait(60)
    assert "3 look wrong; 3 of them to decide." in text_of(run(page))
    click(page, "dataset_labels_open")
    assert shown(page)["of"] == 3


def test_without_a_check_there_is_a_button_and_its_result_is_the_queue(source, configure, home):
    page = open_labels(source)
    assert "Check the labels" in labels_of(page)
    shutil.move(f"{source}/train/blue/004.png", f"{source}/train/green/moved.png")
    config = configure(data={"source": source})
    found, agreement, _ = drive(check_labels(config, open_dataset(config.data)))
    key = check_key(source, "efficientnet_lite0")
    finish_work(home, key, {"suspects": found.to_dict("records"), "agreement": agreement})
    assert "train/green/moved.png" in [doubt.id for doubt in doubts_of(found.to_dict("records"))]


def test_names_from_outside_are_shown_as_they_are(source, home, checked_labels):
    for split in ("train", "val", "test"):
        shutil.move(f"{source}/{split}/blue", f"{source}/{split}/{HOSTILE}")
    sample_id = f"train/{HOSTILE}/000.png"
    suspects = [suspect(sample_id, HOSTILE, "red")]
    finish_work(home, check_key(source, "efficientnet_lite0"), {"suspects": suspects, "agreement": 0.5})
    queue = Queue(source)
    page = open_labels(source)
    assert shown(page)["items"][0]["given"] == HOSTILE
    send(queue, doubts_of(suspects), decision(1, "relabel", sample_id, "red"))
    assert queue.said == f"000.png: {HOSTILE} → red."
