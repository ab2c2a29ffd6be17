import pytest

from tlcore.data.formats.split_names import is_filler, split_of, split_of_table


@pytest.mark.parametrize(
    ("split", "names"),
    [
        ("train", ["train", "Training", "TRAIN", "training_set", "train_images", "TrainSet", "X_train", "seg_train"]),
        ("val", ["val", "valid", "Validation Set", "dev", "val2017", "validationset", "eval"]),
        ("test", ["test", "test ", "testing", "TEST-DATA", "hold-out", "held_out", "testimages"]),
    ],
)
def test_a_split_is_known_in_many_spellings(split, names):
    assert [split_of(name) for name in names] == [split] * len(names)


@pytest.mark.parametrize(
    "name", ["", "ants", "test tube", "trains", "train station", "images", "train_test", "tr", "2019", "x" * 10_000]
)
def test_other_names_are_no_splits(name):
    assert split_of(name) is None


def test_a_table_may_say_that_it_has_labels():
    assert split_of_table("train_labels") == "train"
    assert split_of_table("test-metadata") == "test"
    assert split_of_table("sample_submission") is None
    assert split_of("train_labels") is None


def test_generic_folder_names_are_recognised():
    assert all(map(is_filler, ["images", "My dataset", "data_set"]))
    assert not any(map(is_filler, ["ants", "", "train"]))
