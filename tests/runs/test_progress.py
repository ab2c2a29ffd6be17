import pytest

from tlcore.runs.folder.status import Status
from tlcore.runs.progress import describe, fraction_done, remaining_s
from tlcore.training.history import EpochRecord


def record(epoch, seconds=10.0, images_per_s=20.0):
    return EpochRecord(epoch, 1.0 if epoch else None, 0.5 if epoch else None, 1.0, 0.5, {}, seconds, images_per_s)


TRAINING = Status(state="running", phase="train", epoch=2, epochs=4, done=40, total=160, images_per_s=20)


@pytest.mark.parametrize(
    ("status", "words", "fraction"),
    [
        (Status(state="queued", epochs=4), "not started", 0),
        (Status(state="queued", epochs=4, submitted=1.0), "waiting for its turn", 0),
        (Status(state="running", phase="prepare", epochs=4), "loading the network", 0),
        (Status(state="running", phase="features", epochs=4, done=3, total=4), "computing features, 75 %", 0.75),
        (Status(state="running", phase="val", epochs=4, done=1, total=2), "untrained head, validating, 50 %", 0),
        (TRAINING, "epoch 2 of 4, training, 25 %", 0.3125),
        (
            TRAINING.model_copy(update={"state": "stopping"}),
            "epoch 2 of 4, training, 25 %; stopping after this epoch",
            0.3125,
        ),
        (Status(state="stopped", epoch=3, epochs=4), "stopped", 0.75),
        (Status(state="finished", epoch=3, epochs=4), "finished", 1),
        (
            Status(state="finished", phase="predict", epoch=4, epochs=4, done=1, total=4),
            "finished, evaluating, 25 %",
            0.25,
        ),
    ],
)
def test_a_status_in_words_and_as_a_fraction(status, words, fraction):
    assert describe(status) == words
    assert fraction_done(status) == fraction


def test_the_remaining_time_uses_the_pace_of_the_last_epochs():
    history = [record(0, seconds=2), record(1)]  # 160 images at 20/s take 8 s of the 10 s; validation takes 2 s
    assert remaining_s(TRAINING, history) == pytest.approx(120 / 20 + 2 + 2 * 10)
    validating = TRAINING.model_copy(update={"phase": "val", "done": 0, "total": 40, "images_per_s": 20})
    assert remaining_s(validating, history) == pytest.approx(2 + 2 * 10)


def test_while_it_stops_the_remaining_time_is_that_of_this_epoch():
    stopping = TRAINING.model_copy(update={"state": "stopping"})
    assert remaining_s(stopping, [record(0, seconds=2), record(1)]) == pytest.approx(120 / 20 + 2)


def test_in_the_first_epoch_the_remaining_time_uses_the_pace_of_its_images():
    first = TRAINING.model_copy(update={"epoch": 1})
    assert remaining_s(first, [record(0, seconds=2)]) == pytest.approx(6 + 2 + 3 * (8 + 2))


def test_without_a_measurement_there_is_no_remaining_time():
    assert remaining_s(Status(state="running", phase="prepare", epochs=4), []) is None
    assert remaining_s(Status(state="queued", submitted=1.0), []) is None
    assert remaining_s(Status(state="finished", epoch=4, epochs=4), [record(4)]) is None
