import copy
from collections import Counter

import numpy as np
import pytest
import torch

from tlcore.data.catalog import open_dataset
from tlcore.data.dataset import Sample
from tlcore.evaluation.folds import FOLDS, UNSEEN, folds_of, groups_of
from tlcore.race.folds import predict_held_out
from tlcore.system.drive import drive
from tlcore.training.plan import plan_run
from tlcore.training.resolve import resolve


@pytest.fixture
def plan(configure):
    config = configure(epochs=8, optimizer={"learning_rate": 0.05})
    return plan_run(resolve(config), open_dataset(config.data))


def targets(*counts):
    return np.repeat(np.arange(len(counts)), counts)


def features_of(plan, targets_N, seed=0):
    """The class is written into the first feature; the others are a little noise."""
    width = plan.model.get_submodule(plan.architecture.head).in_features
    features_ND = 0.1 * torch.randn(len(targets_N), width, generator=torch.Generator().manual_seed(seed))
    features_ND[:, 0] = torch.from_numpy(np.where(targets_N == 0, -2.0, 2.0)).float()
    return features_ND


def test_every_class_is_spread_evenly_over_the_folds():
    targets_N = targets(23, 11, 50)
    fold_N = folds_of(targets_N, seed=0)
    assert set(fold_N) == set(range(FOLDS))
    for target, images in enumerate((23, 11, 50)):
        counts = Counter(fold_N[targets_N == target].tolist())
        assert set(counts.values()) <= {images // FOLDS, images // FOLDS + 1}


def test_folds_depend_on_the_seed_alone():
    targets_N = targets(30, 30)
    assert np.array_equal(folds_of(targets_N, 1), folds_of(targets_N, 1))
    assert not np.array_equal(folds_of(targets_N, 1), folds_of(targets_N, 2))


def test_a_small_class_is_never_held_out_as_a_whole():
    targets_N = targets(40, 2, 3)
    fold_N = folds_of(targets_N, seed=0)
    assert set(fold_N) == set(range(FOLDS))
    assert len(set(fold_N[targets_N == 1])) == 2
    assert len(set(fold_N[targets_N == 2])) == 3


def test_groups_are_those_of_the_samples():
    names = ["cow 1", "", "cow 2", "cow 1", ""]
    samples = [Sample(str(number), 0, "train", name) for number, name in enumerate(names)]
    assert groups_of(samples).tolist() == [0, 1, 2, 0, 4]
    assert groups_of(samples[:3]) is None


def test_there_are_fewer_folds_if_all_classes_are_small():
    assert set(folds_of(targets(3, 2, 3), seed=0)) == {0, 1, 2}


def test_images_of_a_group_are_in_one_fold():
    targets_N = targets(40, 40)
    groups_N = np.arange(80) // 4 * 7
    fold_N = folds_of(targets_N, 0, groups_N)
    assert all(len(set(fold_N[groups_N == group])) == 1 for group in groups_N)
    assert set(fold_N) == set(range(FOLDS))


@pytest.mark.parametrize(("counts", "unseen"), [((12, 1), 1), ((1, 1), 2)])
def test_the_only_image_of_a_class_is_not_held_out(counts, unseen):
    fold_N = folds_of(targets(*counts), seed=0)
    assert int((fold_N == UNSEEN).sum()) == unseen


def test_the_right_images_are_right_and_mislabelled_ones_are_wrong(plan):
    targets_N = targets(30, 25)
    features_ND = features_of(plan, targets_N)
    mislabelled = [3, 17, 40]
    features_ND[mislabelled, 0] *= -1
    predicted_N = drive(predict_held_out(plan, features_ND, targets_N, folds_of(targets_N, 0)))
    assert np.flatnonzero(predicted_N != targets_N).tolist() == mislabelled


def test_features_without_information_are_right_by_chance_only(plan):
    """A head that had seen the images it predicts would know nearly all of them by heart."""
    targets_N = np.random.default_rng(0).permutation(targets(60, 60))
    features_ND = torch.randn(120, features_of(plan, targets_N).shape[1], generator=torch.Generator().manual_seed(1))
    predicted_N = drive(predict_held_out(plan, features_ND, targets_N, folds_of(targets_N, 0)))
    assert 0.3 < (predicted_N == targets_N).mean() < 0.7


def test_images_in_no_fold_get_no_prediction(plan):
    targets_N = targets(12, 10)
    fold_N = folds_of(targets_N, 0)
    fold_N[5] = UNSEEN
    predicted_N = drive(predict_held_out(plan, features_of(plan, targets_N), targets_N, fold_N))
    assert np.flatnonzero(predicted_N == UNSEEN).tolist() == [5]


def test_the_head_of_the_plan_is_as_before_and_the_answer_repeats(plan):
    targets_N = targets(12, 10)
    features_ND, fold_N = features_of(plan, targets_N), folds_of(targets_N, 0)
    features_ND[:, 0] = 0  # hard, so that chance would show
    before = copy.deepcopy(plan.model.state_dict())
    first = drive(predict_held_out(plan, features_ND, targets_N, fold_N))
    after = plan.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert np.array_equal(first, drive(predict_held_out(plan, features_ND, targets_N, fold_N)))


def test_progress_counts_the_epochs_of_all_folds(plan):
    targets_N = targets(12, 10)
    told = []
    drive(predict_held_out(plan, features_of(plan, targets_N), targets_N, folds_of(targets_N, 0)), told.append)
    assert [progress.done for progress in told] == list(range(1, 8 * FOLDS + 1))
    assert {progress.total for progress in told} == {8 * FOLDS}
