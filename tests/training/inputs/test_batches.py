import itertools
from collections import Counter

import pytest
import torch

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.system.device import choose_device
from tlcore.training.inputs.batches import PADDING, ImageBatches, ViewDataset, batch_positions, share_of
from tlcore.transforms.spec import CenterCrop, RandomHorizontalFlip, RandomResizedCrop, Resize, TransformSpec

RANDOM = TransformSpec(operations=(RandomResizedCrop(size=16), RandomHorizontalFlip()))
FIXED = TransformSpec(operations=(Resize(size=16), CenterCrop(size=16)))


@pytest.fixture
def dataset(colours):
    return open_dataset(DataConfig(source=str(colours)))


def batches(dataset, transform=RANDOM, **settings):
    views = ViewDataset(dataset.split("train"), dataset.source, transform, seed=3)
    return ImageBatches(views, choose_device("cpu", "fp32"), **{"batch_size": 8, "workers": 0, **settings})


def by_position(epoch):
    return {
        int(position): image
        for batch in epoch
        for position, image in zip(batch.positions, batch.inputs, strict=True)
        if position != PADDING
    }


def test_every_sample_comes_once_in_an_epoch_and_the_order_depends_on_seed_and_epoch():
    first, second = batch_positions(21, 8, order_seed=1), batch_positions(21, 8, order_seed=2)
    assert Counter(itertools.chain(*first)) == Counter(range(21))
    assert first != second
    assert first == batch_positions(21, 8, order_seed=1)


def test_a_last_batch_of_one_joins_the_batch_before_it():
    assert [len(batch) for batch in batch_positions(17, 8, None)] == [8, 9]
    assert [len(batch) for batch in batch_positions(18, 8, None)] == [8, 8, 2]
    assert [len(batch) for batch in batch_positions(1, 8, None)] == [1]


def test_shares_of_a_batch_hold_every_sample_once_and_are_equally_long():
    shares = [share_of([4, 9, 2, 7, 5], rank, 3) for rank in range(3)]
    assert [len(share) for share in shares] == [2, 2, 2]
    assert sorted(itertools.chain(*shares)) == [PADDING, 2, 4, 5, 7, 9]


def test_augmentation_does_not_depend_on_workers_order_or_batch_size(dataset):
    alone = by_position(batches(dataset).epoch(2, shuffle=True))
    with_workers = by_position(batches(dataset, workers=2, batch_size=5).epoch(2, shuffle=False))
    assert alone.keys() == with_workers.keys() == set(range(42))
    assert all(torch.equal(alone[position], with_workers[position]) for position in alone)


def test_augmentation_differs_between_epochs_and_the_fixed_transform_does_not(dataset):
    assert not torch.equal(
        by_position(batches(dataset).epoch(1, shuffle=True))[0], by_position(batches(dataset).epoch(2, shuffle=True))[0]
    )
    fixed = batches(dataset, FIXED)
    first, second = by_position(fixed.epoch(1, shuffle=True)), by_position(fixed.epoch(2, shuffle=True))
    assert torch.equal(first[0], second[0])


def test_processes_together_see_what_one_process_sees(dataset):
    alone = by_position(batches(dataset).epoch(1, shuffle=True))
    shared = {}
    for rank in range(2):
        shared |= by_position(batches(dataset, rank=rank, processes=2).epoch(1, shuffle=True))
    assert all(torch.equal(alone[position], shared[position]) for position in range(42))


def test_loading_draws_nothing_from_the_global_generator(dataset):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    for workers in (0, 1):
        list(batches(dataset, workers=workers).epoch(1, shuffle=True))
    assert torch.equal(torch.get_rng_state(), before)


def test_images_are_normalised_as_the_spec_builds_it(dataset):
    batch = next(iter(batches(dataset, FIXED).epoch(1, shuffle=False)))
    image = dataset.source.load(dataset.split("train")[0].id)
    torch.testing.assert_close(batch.inputs[0], FIXED.build()(image).as_subclass(torch.Tensor))
