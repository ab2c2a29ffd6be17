import numpy as np
import pytest

from tlcore.evaluation.kept_out_of_fold import MOST_CLASSES, load_out_of_fold, most_probable, save_out_of_fold
from tlcore.system.home import cache_dir

pytestmark = pytest.mark.usefixtures("home")


def test_the_prediction_comes_first_and_the_label_is_always_kept():
    draw = np.random.default_rng(0)
    probabilities = draw.dirichlet(np.ones(20), 50)
    probabilities[7] = np.nan
    labels = draw.integers(0, 20, 50)
    found = most_probable([str(row) for row in range(50)], [str(label) for label in range(20)], probabilities, labels)
    rows = [int(name) for name in found.ids]
    assert rows == [row for row in range(50) if row != 7]
    assert found.columns_NK.shape == (49, MOST_CLASSES)
    assert (found.columns_NK[:, 0] == probabilities[rows].argmax(1)).all()
    assert (found.columns_NK == labels[rows][:, None]).sum(axis=1).tolist() == [1] * 49
    np.testing.assert_allclose(found.p_NK, np.take_along_axis(probabilities[rows], found.columns_NK, 1), rtol=1e-6)


def test_what_is_kept_is_read_again_and_damage_is_no_error():
    found = most_probable(["caf\udce9.png", "b"], ["ant", "bee"], np.array([[0.2, 0.8], [0.6, 0.4]]), np.array([0, 0]))
    key = save_out_of_fold(found)
    again = load_out_of_fold(key)
    assert again is not None
    assert (again.ids, again.classes) == (found.ids, found.classes)
    assert again.columns_NK.tolist() == [[1, 0], [0, 1]]
    np.testing.assert_array_equal(again.p_NK, found.p_NK)
    (cache_dir() / "out_of_fold" / f"{key}.npz").write_bytes(b"nothing")
    assert load_out_of_fold(key) is None
    assert load_out_of_fold("0" * 64) is None
