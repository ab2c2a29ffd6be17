from pathlib import Path

import pytest

from tlcore.config import DataConfig
from tlcore.data.catalog import fingerprint, open_dataset, restore_splits, save_samples
from tlcore.data.dataset import Dataset
from tlcore.errors import DatasetChanged


def opened(path: Path | str, **settings) -> Dataset:
    return open_dataset(DataConfig(source=str(path), **settings))


def test_recorded_splits_survive_added_and_removed_images(dataset, root, put, tmp_path):
    record = tmp_path / "samples.csv"
    save_samples(dataset, record)
    (root / "ants/0.png").unlink()
    put("bees", ["new.png", "newer.png"])
    restored = restore_splits(opened(root), record)
    splits = {sample.id: sample.split for sample in dataset.samples}
    assert {sample.id: sample.split for sample in restored.samples} == {
        k: v for k, v in splits.items() if k != "ants/0.png"
    }
    assert "Left out, because they are not in the record: 2 images." in restored.notes
    assert "In the record, but no longer in the dataset: 1 images." in restored.notes


def test_recorded_splits_outlive_another_seed(dataset, root, tmp_path):
    save_samples(dataset, tmp_path / "samples.csv")
    restored = restore_splits(opened(root, split_seed=9), tmp_path / "samples.csv")
    assert restored.samples == dataset.samples
    assert fingerprint(restored) == fingerprint(dataset)


def test_a_dataset_with_its_own_splits_is_left_alone(root, put, tmp_path):
    for split in ("train", "val", "test"):
        put(f"{split}/ants", 1)
        put(f"{split}/bees", 1)
    dataset = opened(root)
    assert restore_splits(dataset, tmp_path / "none.csv") is dataset


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label,split\nx.png,ants,train\n", "None of the images recorded in"),
        ("path,label,split\nants/0.png,ants,vali\n", "names a split that does not exist. Known are: train, val, test"),
        ("a,b\n1,2\n", "is not a record of splits: expected is CSV with path,label,split"),
    ],
)
def test_a_record_that_does_not_fit_says_why(dataset, tmp_path, text, message):
    (tmp_path / "record.csv").write_text(text)
    with pytest.raises(DatasetChanged, match=message):
        restore_splits(dataset, tmp_path / "record.csv")


def test_a_missing_record_says_so(dataset, tmp_path):
    with pytest.raises(DatasetChanged, match=r"Cannot read the recorded splits in .*none.csv"):
        restore_splits(dataset, tmp_path / "none.csv")
