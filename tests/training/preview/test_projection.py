"""Projections before a run: the disk space is an upper bound, and the time grows with the number of images."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from tlcore import evaluate, train
from tlcore.data.catalog import open_dataset
from tlcore.training.events import Progress
from tlcore.training.plan import plan_run
from tlcore.training.preview import projection
from tlcore.training.preview.projection import _head_epoch_s, project, projected_disk
from tlcore.training.resolve import resolve

CIFAR = {"backbone": "cifar_cnn", "weights": "none"}


def make_plan(config):
    return plan_run(resolve(config), open_dataset(config.data))


@pytest.mark.parametrize("keep", ["last_and_best", "all"])
@pytest.mark.parametrize("ema", [None, 0.9])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_run_never_takes_more_disk_than_was_projected(configure, optimizer, ema, keep):
    config = configure(
        model=CIFAR,
        strategy={"name": "fine_tuning"},
        optimizer={"name": optimizer},
        ema_decay=ema,
        keep_optimizer_state=keep,
        epochs=4,
    )
    projected = projected_disk(make_plan(config)).run_bytes
    run = train(config)
    evaluate(run)
    written = sum(file.stat().st_size for file in run.path.rglob("*") if file.is_file())
    assert written <= projected
    assert written > 0.35 * projected  # the bound is not far too large


def test_a_frozen_run_takes_no_more_disk_than_was_projected(configure):
    config = configure(epochs=3)
    projected = projected_disk(make_plan(config)).run_bytes
    run = train(config)
    evaluate(run)
    assert sum(file.stat().st_size for file in run.path.rglob("*") if file.is_file()) <= projected


def test_epochs_on_kept_features_take_longer_with_more_images(configure):
    plan = make_plan(configure())
    many = replace(plan, dataset=replace(plan.dataset, samples=plan.dataset.samples * 100))
    few_s, many_s = (_head_epoch_s(each) for each in (plan, many))
    assert 0 < few_s < 1
    assert many_s > 2 * few_s


def test_a_conversion_for_a_faster_engine_does_not_count_as_time_per_image(configure, monkeypatch):
    plan, now = make_plan(configure()), [0.0]
    train_images, val_images = (len(plan.dataset.split(split)) for split in ("train", "val"))

    def compute_features(*arguments):
        yield Progress("convert", 0, 0, 1, 0.0)
        now[0] += 1000.0
        yield Progress("features", 0, 16, train_images, 1.0)
        now[0] += train_images - 16
        yield Progress("features", 0, train_images, train_images, 1.0)

    monkeypatch.setattr(projection, "compute_features", compute_features)
    monkeypatch.setattr(projection, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    assert project(plan).once_s == pytest.approx(train_images + val_images)


def test_a_projection_leaves_the_model_as_it_was(configure):
    plan = make_plan(configure())
    before = {name: value.clone() for name, value in plan.model.state_dict().items()}
    assert project(plan).seconds > 0
    assert all(value.equal(before[name]) for name, value in plan.model.state_dict().items())
