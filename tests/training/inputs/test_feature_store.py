import os
from pathlib import Path

import pytest
import torch

from tlcore.training.inputs import feature_store
from tlcore.training.inputs.feature_store import Rows, load_rows, missing_keys, save_rows

FAMILY = "ab" * 16


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def rows_of(*numbers: int, unreadable: dict[bytes, str] | None = None) -> Rows:
    """Two views of three values each, which say what image and view they are of."""
    values_VND = torch.tensor([[[10.0 * number + view] * 3 for number in numbers] for view in range(2)])
    return Rows(tuple(key(number) for number in numbers), values_VND, unreadable or {}, "an engine")


def files(home: Path) -> list[Path]:
    return sorted((home / "cache/features").iterdir())


def load(*numbers: int) -> Rows:
    rows = load_rows(FAMILY, [key(number) for number in numbers])
    assert rows is not None
    return rows


def test_rows_come_in_the_order_asked_for_from_several_additions():
    save_rows(FAMILY, rows_of(1, 2, 3))
    save_rows(FAMILY, rows_of(4, 5, unreadable={key(6): "not an image"}))
    found = load(5, 6, 1, 9, 5)
    assert found.keys == (key(5), key(1), key(5))
    assert found.values_VND.tolist() == rows_of(5, 1, 5).values_VND.tolist()
    assert found.unreadable == {key(6): "not an image"}
    assert found.engine == "an engine"
    assert missing_keys(FAMILY, [key(5), key(6), key(9)]) == {key(9)}


def test_another_family_has_other_rows():
    save_rows(FAMILY, rows_of(1))
    assert load_rows("cd" * 16, [key(1)]) is None
    assert load_rows(FAMILY, [key(2)]) is None


def test_many_small_additions_become_few_files(home):
    for number in range(40):
        save_rows(FAMILY, rows_of(number))
    assert len(files(home)) <= 6
    assert load(*range(40)).values_VND.tolist() == rows_of(*range(40)).values_VND.tolist()


def test_a_large_file_is_left_alone(home, monkeypatch):
    save_rows(FAMILY, rows_of(1, 2, 3))
    (large,) = files(home)
    monkeypatch.setattr(feature_store, "SMALL_BYTES", large.stat().st_size - 1)
    save_rows(FAMILY, rows_of(4, 5, 6, 7))
    assert large in files(home)
    assert len(load(1, 7).keys) == 2


def test_the_same_rows_saved_twice_are_one_file(home):
    save_rows(FAMILY, rows_of(1, 2))
    save_rows(FAMILY, rows_of(1, 2))
    assert len(files(home)) == 1
    assert load(2).values_VND.shape == (2, 1, 3)


def test_a_damaged_file_costs_its_rows_only(home, monkeypatch):
    monkeypatch.setattr(feature_store, "SMALL_BYTES", 0)
    save_rows(FAMILY, rows_of(1))
    (damaged,) = files(home)
    save_rows(FAMILY, rows_of(2))
    damaged.write_bytes(damaged.read_bytes()[:300])
    assert missing_keys(FAMILY, [key(1), key(2)]) == {key(1)}
    assert damaged not in files(home)


def test_a_file_that_another_process_joined_to_a_new_one_is_found_there(home, monkeypatch):
    """Between the listing and the reading, another process saves a row, which takes in the file."""
    save_rows(FAMILY, rows_of(1))
    read, calls = feature_store._read, []

    def read_late(path):
        calls.append(path)
        if len(calls) == 1:
            os.unlink(path)
            monkeypatch.setattr(feature_store, "_read", read)
            save_rows(FAMILY, rows_of(1, 2))
        return read(path)

    monkeypatch.setattr(feature_store, "_read", read_late)
    assert missing_keys(FAMILY, [key(1), key(2)]) == set()


@pytest.mark.parametrize("shape", [(1, 2, 3), (2, 2, 4)])
def test_rows_of_another_shape_are_not_mixed_in(shape, monkeypatch):
    monkeypatch.setattr(feature_store, "SMALL_BYTES", 0)
    save_rows(FAMILY, rows_of(1, 2))
    save_rows(FAMILY, Rows((key(8), key(9)), torch.zeros(shape)))
    assert len(missing_keys(FAMILY, [key(number) for number in (1, 2, 8, 9)])) == 2
