import pickle
from pathlib import Path

import pytest

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.dataset import Dataset, Sample
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import ConfigError
from tlcore.figures.dataset import plot_class_counts


def opened(path: Path | str, **settings) -> Dataset:
    return open_dataset(DataConfig(source=str(path), **settings))


def test_a_dataset_survives_pickling(dataset):
    copy = pickle.loads(pickle.dumps(dataset))
    assert copy == dataset
    assert copy.source.load("ants/0.png").shape == (3, 3, 4)


def test_an_unknown_split_lists_the_known_ones(dataset):
    with pytest.raises(ConfigError, match=r"No split named 'vall'. Did you mean 'val'"):
        dataset.split("vall")


def sample_set(*splits: str) -> Dataset:
    samples = tuple(Sample(f"{split}/{target}", target, split) for split in splits for target in (0, 1))
    return Dataset("letters", ("a", "b"), samples, FileSource(Path()))


def test_split_names_are_those_with_samples_in_a_fixed_order():
    assert sample_set("test", "train").split_names == ("train", "test")
    assert sample_set("train").split("val") == ()


@pytest.mark.parametrize(("splits", "expected"), [(("train", "val"), "val"), (("train", "val", "test"), "test")])
def test_test_is_reported_where_there_is_one(splits, expected):
    assert sample_set(*splits).report_split == expected


def test_class_counts_include_zeros():
    assert sample_set("train").class_counts("train") == {"a": 1, "b": 1}
    assert sample_set("train").class_counts("val") == {"a": 0, "b": 0}


def test_the_table_of_counts_has_every_class_in_every_split():
    table = sample_set("train", "train", "test").counts_table()
    assert list(table.itertuples(index=False, name=None)) == [
        ("train", "a", 2),
        ("train", "b", 2),
        ("test", "a", 1),
        ("test", "b", 1),
    ]
    plot_class_counts(table)


def test_classes_in_another_order_leave_each_sample_its_class():
    dataset = sample_set("train", "val")
    other = dataset.with_classes(("b", "a"))
    assert other.classes == ("b", "a")
    assert {(s.id, other.classes[s.target]) for s in other.samples} == {
        (s.id, dataset.classes[s.target]) for s in dataset.samples
    }
    assert [sample.target for sample in other.samples] == [0, 1, 0, 1]
    assert dataset.with_classes(("a", "c")) is dataset
