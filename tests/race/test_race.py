import functools
import shutil
from dataclasses import replace

import pytest

from tlcore.data.catalog import open_dataset
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import ConfigError, DatasetInvalid
from tlcore.models.zoo import ZOO
from tlcore.race.candidates import Candidate, candidate_config
from tlcore.race.race import Step, race, race_splits
from tlcore.race.standing import Standing
from tlcore.runs.start import train
from tlcore.system.drive import drive
from tlcore.training.inputs.prepare import features_at_hand
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve

SMALL = Candidate(backbone="small_cnn", weights="none")
CIFAR = Candidate(backbone="cifar_cnn", weights="none")


@pytest.fixture
def loaded(monkeypatch):
    """The ids of the images that were read, in order."""
    names, load = [], FileSource.load

    def note(source, sample_id, transform=None):
        names.append(sample_id)
        return load(source, sample_id, transform)

    monkeypatch.setattr(FileSource, "load", note)
    return names


@pytest.fixture
def configure(configure):
    """A head that learns the colours in a moment."""
    return functools.partial(configure, epochs=8, optimizer={"learning_rate": 0.02})


def begin(config, *candidates, **options):
    options = {"reach": lambda address: False} | options
    return race(open_dataset(config.data), candidates, config, **options)


def standing_of(config, *candidates, **options):
    return drive(begin(config, *candidates, **options))


def results(standing):
    """All but the times."""
    return [(row.candidate, row.place, row.correct, row.total, row.p_value) for row in standing.rows]


def test_each_candidate_is_measured_on_every_image_of_train_and_val(configure):
    standing = standing_of(configure(), SMALL, CIFAR)
    assert {row.candidate for row in standing.rows} == {SMALL, CIFAR}
    assert {row.total for row in standing.rows} == {2 * 21 + 2 * 9}
    assert (standing.splits, standing.images, standing.folds) == (("train", "val"), 60, 5)
    assert all(row.accuracy > 0.8 for row in standing.rows)
    assert all(row.measured.seconds_per_image > 0 for row in standing.rows)
    sizes = {row.candidate: row.measured.parameters for row in standing.rows}
    assert sizes[CIFAR] > sizes[SMALL]
    assert standing.suggestion == SMALL


def test_the_test_split_is_not_looked_at(configure, colours, loaded):
    standing = standing_of(configure(), SMALL)
    assert standing.rows[0].measured
    assert {name.split("/")[0] for name in loaded} == {"train", "val"}


def test_without_a_test_split_val_reports_and_stays_unseen(configure, colours, loaded):
    shutil.rmtree(colours / "test")
    config = configure()
    assert race_splits(open_dataset(config.data)) == ("train",)
    assert standing_of(config, SMALL).images == 42
    assert {name.split("/")[0] for name in loaded} == {"train"}


def test_a_run_with_the_winner_starts_with_the_features_of_the_race(configure, loaded):
    config = configure()
    winner = standing_of(config, SMALL).suggestion
    loaded.clear()
    chosen = candidate_config(winner, config)
    assert features_at_hand(plan_run(resolve(chosen), open_dataset(config.data)))
    train(chosen)
    assert loaded == []


def test_a_second_race_reads_no_image_and_says_the_same(configure, loaded):
    first = standing_of(configure(), SMALL, CIFAR)
    loaded.clear()
    assert results(standing_of(configure(), SMALL, CIFAR)) == results(first)
    assert loaded == []


def test_other_settings_of_the_head_are_another_result_from_the_same_features(configure, loaded):
    first = standing_of(configure(), SMALL)
    loaded.clear()
    second = standing_of(configure(optimizer={"learning_rate": 1e-12}), SMALL)
    assert second.rows[0].correct != first.rows[0].correct
    assert loaded == []


def test_every_race_times_the_networks_anew(configure):
    first, second = standing_of(configure(), SMALL), standing_of(configure(), SMALL)
    assert second.rows[0].measured.seconds_per_image != first.rows[0].measured.seconds_per_image


def test_a_damaged_result_is_measured_anew(configure, home):
    first = standing_of(configure(), SMALL)
    (kept,) = (home / "cache/race").iterdir()
    kept.write_text(kept.read_text().replace('"predicted":[', '"predicted":[7,'))
    assert standing_of(configure(), SMALL).rows[0].correct == first.rows[0].correct


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (Candidate(backbone="mobilenet_v2"), "are not on this machine, and there is no network to get them"),
        (Candidate(backbone="small_cnn"), "There are no published weights for small_cnn."),
        (Candidate(backbone="small_cnn", weights="/nowhere.pth"), "/nowhere.pth"),
        (Candidate(backbone="nobody"), "No backbone named 'nobody'."),
    ],
)
def test_a_candidate_that_fails_is_a_row_with_its_reason(configure, candidate, reason):
    standing = standing_of(configure(), candidate, SMALL)
    (failed,) = standing.failed
    assert failed.candidate == candidate
    assert reason in failed.reason
    assert standing.suggestion == SMALL


def test_a_network_with_a_bug_does_not_end_the_race(configure, monkeypatch, caplog):
    def broken(**arguments):
        raise ZeroDivisionError("in the network's own code")

    monkeypatch.setitem(ZOO, "broken", replace(ZOO["small_cnn"], name="broken", builder=broken))
    standing = standing_of(configure(), Candidate(backbone="broken", weights="none"), SMALL)
    assert standing.failed[0].reason == "It failed unexpectedly: ZeroDivisionError: in the network's own code"
    assert "Traceback" in caplog.text
    assert standing.suggestion == SMALL


def test_features_that_do_not_fit_into_the_cache_are_a_reason(configure, monkeypatch):
    monkeypatch.setenv("TLCORE_CACHE_GB", "0.00001")
    (row,) = standing_of(configure(), SMALL).rows
    assert row.reason.startswith("Its features of 60 images would take more than half of the cache's")


def test_unreadable_images_are_left_out_and_named(configure, colours):
    (colours / "train/blue/002.png").write_bytes(b"nothing")
    (colours / "val/green/004.png").write_bytes(b"nothing")
    standing = standing_of(configure(), SMALL, CIFAR)
    assert [image.id for image in standing.left_out] == ["train/blue/002.png", "val/green/004.png"]
    assert all(image.reason for image in standing.left_out)
    assert {row.total for row in standing.rows} == {58}
    assert standing_of(configure(), SMALL, CIFAR).left_out == standing.left_out


def test_a_stopped_race_goes_on_with_the_candidate_that_was_not_done(configure, home, loaded):
    events = begin(configure(), SMALL, CIFAR)
    for event in events:
        if isinstance(event, Step) and event.candidate == CIFAR and event.progress.phase == "train":
            break
    events.close()
    assert len(list((home / "cache/race").iterdir())) == 1
    assert not list(home.rglob("*.tmp"))
    loaded.clear()
    standing = standing_of(configure(), SMALL, CIFAR)
    assert loaded == []  # the features were done
    assert len(standing.finished) == 2


def test_the_steps_say_who_runs_and_what_is_done(configure):
    events = list(begin(configure(), SMALL, CIFAR))
    steps = [event for event in events if isinstance(event, Step)]
    assert [(step.candidate, step.number, step.of) for step in steps if step.progress.phase == "prepare"] == [
        (SMALL, 1, 2),
        (CIFAR, 2, 2),
    ]
    last = [step.progress for step in steps if step.progress.phase == "features"][-1]
    assert (last.done, last.total) == (60, 60)
    standings = [event for event in events if isinstance(event, Standing)]
    assert [standing.waiting for standing in standings] == [(CIFAR,), ()]


def test_a_race_of_nobody_or_on_single_images_is_refused(configure, make_images):
    with pytest.raises(ConfigError, match="name one at least"):
        standing_of(configure())
    lonely = make_images("lonely", train=1, val=1, test=0)
    config = configure(data={"source": str(lonely)})
    with pytest.raises(DatasetInvalid, match="No class has two images to train on"):
        standing_of(config, SMALL)


def test_the_data_of_a_run_record_survives_json(configure):
    standing = standing_of(configure(), SMALL)
    assert Standing.model_validate_json(standing.model_dump_json()) == standing
