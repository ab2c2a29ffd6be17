import numpy as np
import pytest

from tlcore.evaluation.suspects import suspect_labels


@pytest.fixture
def features() -> np.ndarray:
    """Four clouds of 60 points in 20 dimensions, well apart."""
    draw = np.random.default_rng(0)
    centres = draw.normal(0, 4, (4, 20))
    return (centres[np.arange(240) % 4] + draw.normal(0, 1, (240, 20))).astype(np.float32)


def test_swapped_labels_are_found_and_no_others(features):
    targets = np.arange(240) % 4
    wrong = {5: 3, 17: 0, 100: 2, 201: 3}
    for position, target in wrong.items():
        targets[position] = target
    found = suspect_labels(features, targets).suspects
    assert set(found["position"]) == wrong.keys()
    assert dict(zip(found["position"], found["given"], strict=True)) == wrong
    assert (found["suggested"] == found["position"] % 4).all()
    assert (found["p_suggested"] > found["p_given"]).all()
    assert found["p_given"].is_monotonic_increasing


def test_right_labels_are_believed(features):
    check = suspect_labels(features, np.arange(240) % 4)
    assert check.suspects.empty
    assert check.agreement == 1


def test_a_sample_unlike_any_class_is_not_suspected():
    draw = np.random.default_rng(1)
    centres = draw.normal(0, 4, (10, 20))
    features = centres[np.arange(400) % 10] + draw.normal(0, 1, (400, 20))
    features[5] = centres[:2].mean(0) - 0.3 * centres[5]
    found = suspect_labels(features.astype(np.float32), np.arange(400) % 10).suspects
    assert 5 not in found["position"].tolist()


def test_the_same_seed_gives_the_same(features):
    targets = (np.arange(240) % 4) * (np.arange(240) % 7 > 0)
    first, again = (suspect_labels(features, targets, seed=3).suspects for _ in range(2))
    assert first.equals(again)


def test_targets_need_not_begin_at_zero_or_follow_each_other(features):
    targets = np.array([7, 2, 90, 11])[np.arange(240) % 4]
    targets[8] = 90
    found = suspect_labels(features, targets).suspects
    assert found[["position", "given", "suggested"]].values.tolist() == [[8, 90, 7]]


def test_a_class_with_a_single_sample_is_passed_over(features):
    targets = np.arange(240) % 4
    targets[0] = 9
    assert 0 not in suspect_labels(features, targets).suspects["position"].tolist()


@pytest.mark.parametrize("targets", [[0, 0, 0], [0, 1, 2], [0]])
def test_nothing_is_suspected_where_nothing_can_be_learned(targets):
    found = suspect_labels(np.eye(3, dtype=np.float32)[: len(targets)], np.array(targets)).suspects
    assert found.empty
    assert "p_given" in found


def test_a_copy_of_an_image_does_not_vote_for_its_label(features):
    """Five copies of a wrongly labelled image agree with each other, and are still suspected."""
    targets = np.arange(240) % 4
    copies = [7, 20, 40, 60, 80]
    features[copies] = features[7]
    targets[copies] = 1
    groups = np.arange(240)
    groups[copies] = 7
    alone = set(suspect_labels(features, targets).suspects["position"])
    assert not alone.issuperset(copies)
    found = suspect_labels(features, targets, groups_N=groups).suspects
    assert set(copies) <= set(found["position"])
    assert (found[found["position"].isin(copies)]["suggested"] == 3).all()


def test_a_class_that_is_one_image_and_its_copies_is_passed_over(features):
    targets = np.arange(240) % 4
    targets[:3] = 9
    groups = np.arange(240)
    groups[:3] = 0
    assert not {0, 1, 2} & set(suspect_labels(features, targets, groups_N=groups).suspects["position"])


def test_very_few_samples_are_enough_to_run(features):
    suspect_labels(features[:5], np.array([0, 1, 0, 1, 0]))
