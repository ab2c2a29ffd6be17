import numpy as np
import pytest

from tlcore.evaluation import neighbours
from tlcore.evaluation.neighbours import Likeness, nearest, unit_rows


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(size=(70, 12)).astype(np.float32)


def by_hand(values, query, count, allowed=None):
    cosines = [float(values[query] @ row / (np.linalg.norm(values[query]) * np.linalg.norm(row))) for row in values]
    others = [row for row in range(len(values)) if row != query and (allowed is None or allowed[row])]
    return sorted(others, key=lambda row: -cosines[row])[:count], sorted((cosines[row] for row in others), reverse=True)


@pytest.mark.parametrize("block", [1 << 22, 150, 1])
def test_the_nearest_are_those_with_the_largest_cosine_whatever_the_size_of_a_block(values, block, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK_VALUES", block)
    found = nearest(unit_rows(values), np.arange(70), 5)
    for query in range(70):
        rows, cosines = by_hand(values, query, 5)
        assert found.positions_QK[query].tolist() == rows
        np.testing.assert_allclose(found.similarity_QK[query], cosines[:5], atol=1e-5)


def test_only_rows_that_are_allowed_are_neighbours(values):
    allowed = np.arange(70) % 10 == 0
    found = nearest(unit_rows(values), np.array([0, 33]), 9, allowed)
    assert found.positions_QK[1, :7].tolist() == by_hand(values, 33, 7, allowed)[0]
    assert found.positions_QK[:, -1].tolist() == [-1, -1]
    assert np.isnan(found.similarity_QK[0, 6])
    assert 0 not in found.positions_QK[0]


def test_equally_similar_ones_come_in_their_order_and_zeros_are_like_nothing():
    values = np.array([[1, 0], [2, 0], [3, 0], [0, 0], [0, 1]], np.float32)
    found = nearest(unit_rows(values), np.array([1, 3]), 4)
    assert found.positions_QK.tolist() == [[0, 2, 3, 4], [0, 1, 2, 4]]
    np.testing.assert_allclose(found.similarity_QK, [[1, 1, 0, 0], [0, 0, 0, 0]])


def test_neighbours_by_name_leave_out_what_has_no_features(values):
    likeness = Likeness(tuple(f"{number}.png" for number in range(70)), unit_rows(values))
    first, unknown = likeness.most_like(["4.png", "new.png"], 3)
    assert [int(found.id.removesuffix(".png")) for found in first] == by_hand(values, 4, 3)[0]
    assert unknown == []
    assert "4.png" in likeness
    assert "new.png" not in likeness
    (few,) = likeness.most_like(["4.png"], 3, among=["7.png", "4.png", "new.png"])
    assert [found.id for found in few] == ["7.png"]
