from collections import Counter

import pytest

from tlcore.config import DataConfig
from tlcore.data.formats.splits import Labelled, complete_splits, make_splits
from tlcore.errors import DatasetInvalid

FRACTIONS = {"val": 0.15, "test": 0.15}


def animals(*sizes: int, label: str = "a", group: str = "g") -> list[Labelled]:
    """Groups of these sizes, all of one class."""
    return [
        Labelled(f"{label}/{group}{number}-{image}", label, "train", f"{group}{number}")
        for number, size in enumerate(sizes)
        for image in range(size)
    ]


def singles(count: int, label: str = "a") -> list[Labelled]:
    return [Labelled(f"{label}/{number}", label, "train") for number in range(count)]


def split(images: list[Labelled], seed: int = 0, fractions: dict[str, float] = FRACTIONS) -> list[Labelled]:
    return make_splits(images, fractions, seed, grouped=True)


def share(images: list[Labelled], name: str, label: str) -> float:
    of_class = [image for image in images if image.label == label]
    return sum(image.split == name for image in of_class) / len(of_class)


def splits_of(images: list[Labelled], group: str) -> set[str | None]:
    return {image.split for image in images if image.group == group}


def told(images: list[Labelled], **settings: float) -> list[str]:
    config = DataConfig(source="x", groups="similar", **settings)
    return complete_splits(images, config, "what is nearly the same").notes


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_in_two_splits(seed):
    images = animals(*range(2, 30)) + animals(*[5] * 40, label="b", group="h") + singles(20, "b")
    made = split(images, seed)
    assert sorted(image.id for image in made) == sorted(image.id for image in images)
    assert all(len(splits_of(made, group)) == 1 for group in {image.group for image in images} - {None})


@pytest.mark.parametrize("seed", range(5))
def test_every_class_gets_about_its_share_in_every_split(seed):
    made = split(animals(*[4, 6, 8] * 12) + animals(*[3, 5] * 15, label="b", group="h"), seed)
    for label in "ab":
        for name, fraction in FRACTIONS.items():
            assert share(made, name, label) == pytest.approx(fraction, abs=0.03)


def test_images_without_a_group_fill_the_splits_up_to_their_share():
    made = split(animals(7, 7, 7, 7) + singles(172))
    counts = Counter(image.split for image in made)
    assert (counts["val"], counts["test"]) == (30, 30)


def test_thousands_of_groups_are_divided_as_well():
    images = animals(*[2, 3, 4] * 300) + animals(*[2, 5] * 200, label="b", group="h")
    made = split(images)
    for label in "ab":
        assert share(made, "val", label) == pytest.approx(0.15, abs=0.01)
        assert share(made, "test", label) == pytest.approx(0.15, abs=0.01)


def test_without_groups_the_splits_are_those_that_were_always_made():
    images = singles(100) + singles(7, "b") + singles(2, "c") + singles(1, "d")
    assert sorted(split(images, 3)) == sorted(make_splits(images, FRACTIONS, 3))


def test_ungrouped_splits_do_not_heed_groups():
    images = animals(*[4] * 10)
    plain = [image._replace(group=None) for image in images]
    made = make_splits(images, FRACTIONS, 1)
    assert {image.id: image.split for image in made} == {i.id: i.split for i in make_splits(plain, FRACTIONS, 1)}


def test_splits_depend_on_the_seed_and_not_on_the_order_of_the_images():
    images = animals(*range(2, 20)) + animals(*range(3, 12), label="b", group="h")
    assert sorted(split(images, 5)) == sorted(split(images[::-1], 5))
    assert sorted(split(images, 5)) != sorted(split(images, 6))


@pytest.mark.parametrize("seed", range(5))
def test_every_class_keeps_an_image_to_train_on(seed):
    images = animals(9, 9) + animals(4, 4, 4, label="b", group="h") + animals(30, label="c", group="i")
    images += [Labelled("shared", "d", "train", "g0"), *singles(1, "e")]
    made = split(images, seed, {"val": 0.45, "test": 0.45})
    assert {image.label for image in made if image.split == "train"} == set("abcde")
    assert splits_of(made, "i0") == {"train"}
    assert splits_of(made, "g0") == {"train"}  # it has the only image of d
    assert splits_of(made, "g1") == {"val"}


def test_the_group_that_fits_best_is_set_aside():
    made = split(animals(70, 10, 20))
    assert (splits_of(made, "g0"), splits_of(made, "g1"), splits_of(made, "g2")) == ({"train"}, {"val"}, {"test"})


def test_given_splits_stay_and_only_train_is_divided():
    given = [Labelled(f"t{number}", "a", "test", "g0") for number in range(3)]
    made = split(animals(*[4] * 10) + given, fractions={"val": 0.2})
    assert [image for image in made if image.split == "test"] == given
    assert len(splits_of(made, "g0") - {"test"}) == 1


def test_it_is_said_how_many_groups_stay_together_and_how_far_the_splits_are_from_the_wish():
    first, *others = told(animals(70, 10, 20) + animals(50, label="b", group="h"))
    assert first == (
        "No val or test split: 13 % of train (20 images) was set aside as val and 7 % of train (10 images) was set "
        "aside as test, stratified, in groups by what is nearly the same, seed 0."
    )
    assert others == [
        "4 groups of 10 to 70 images stay together.",
        "Whole groups do not give exactly the shares that were asked for: val has 1.7 points less than 15.0 % and "
        "test has 8.3 points less than 15.0 %.",
        "1 class has its images in one group, which therefore stays in train: 'b'.",
    ]


def test_nothing_is_said_of_a_difference_that_hardly_is_one():
    _, *others = told(animals(5, 5, 5) + singles(185))
    assert others == ["3 groups of 5 images stay together."]


def test_it_is_said_if_no_two_images_belong_together():
    assert told(singles(20))[1:] == ["No two of these images belong together, so the splits are those without groups."]


def test_classes_of_one_group_each_cannot_be_divided():
    images = animals(5) + animals(5, label="b", group="h")
    with pytest.raises(DatasetInvalid, match="Each class has one group of images only, so that none can be set aside"):
        told(images)
