import pytest

from tlcore.config import DataConfig
from tlcore.data.formats.splits import Labelled, complete_splits, make_splits
from tlcore.errors import DatasetInvalid

FRACTIONS = {"val": 0.15, "test": 0.15}


def images(**counts: int) -> list[Labelled]:
    return [Labelled(f"{label}/{i}", label, "train") for label, count in counts.items() for i in range(count)]


def count(made_splits: list[Labelled], label: str, split: str) -> int:
    return sum(image.label == label and image.split == split for image in made_splits)


def test_each_class_gives_its_share():
    made_splits = make_splits(images(a=100, b=20), FRACTIONS, 0)
    assert [count(made_splits, "a", split) for split in ("train", "val", "test")] == [70, 15, 15]
    assert [count(made_splits, "b", split) for split in ("train", "val", "test")] == [14, 3, 3]


@pytest.mark.parametrize(
    ("size", "expected"), [(1, (1, 0, 0)), (2, (1, 1, 0)), (3, (1, 1, 1)), (4, (2, 1, 1)), (10, (6, 2, 2))]
)
def test_small_classes_keep_at_least_one_image_in_train(size, expected):
    made_splits = make_splits(images(a=size), FRACTIONS, 0)
    assert tuple(count(made_splits, "a", split) for split in ("train", "val", "test")) == expected


@pytest.mark.parametrize("size", range(1, 12))
def test_large_fractions_leave_something_to_train_on(size):
    assert count(make_splits(images(a=size), {"val": 0.49, "test": 0.49}, 0), "a", "train") >= 1


def test_no_image_is_lost_or_doubled():
    before = images(a=17, b=5)
    assert sorted(image.id for image in make_splits(before, FRACTIONS, 1)) == sorted(image.id for image in before)


def test_the_same_seed_gives_the_same_split_in_any_order_of_listing():
    before = images(a=30, b=30)
    assert sorted(make_splits(before, FRACTIONS, 5)) == sorted(make_splits(before[::-1], FRACTIONS, 5))


def test_another_seed_gives_another_split():
    assert sorted(make_splits(images(a=30), FRACTIONS, 0)) != sorted(make_splits(images(a=30), FRACTIONS, 1))


def test_another_class_leaves_the_split_of_a_class_as_it_was():
    alone = make_splits(images(b=30), FRACTIONS, 0)
    beside = [image for image in make_splits(images(a=9, b=30), FRACTIONS, 0) if image.label == "b"]
    assert sorted(alone) == sorted(beside)


def test_classes_of_one_size_are_permuted_apart():
    made_splits = make_splits(images(a=30, b=30), FRACTIONS, 0)
    chosen = [{i.id[2:] for i in made_splits if i.label == label and i.split == "val"} for label in "ab"]
    assert chosen[0] != chosen[1]


def test_nothing_to_train_on_is_refused():
    with pytest.raises(DatasetInvalid, match=r"nothing to train on: all images are in val or test. Add a train split"):
        complete_splits([Labelled("a", "a", "val"), Labelled("b", "b", "test")], DataConfig(source="x"))
