import sys
import types

import numpy as np
import pytest

from tlcore.errors import NotPlaceable
from tlcore.evaluation import layout
from tlcore.evaluation.layout import lay_out, principal_components


def values(images: int, features: int, seed: int = 0) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return (
        draw.normal(size=(images, 3)) @ draw.normal(size=(3, features)) + 5 + 0.1 * draw.normal(size=(images, features))
    ).astype(np.float32)


@pytest.mark.parametrize("shape", [(200, 12), (12, 200), (30, 30)])
def test_the_components_are_those_of_scikit_learn(shape):
    from sklearn.decomposition import PCA

    points = values(*shape)
    found, variance = principal_components(points, 2)
    expected = PCA(2, svd_solver="full").fit(points)
    np.testing.assert_allclose(np.abs(found), np.abs(expected.transform(points)), atol=2e-4)
    np.testing.assert_allclose(variance, expected.explained_variance_ratio_, atol=1e-5)


def test_signs_do_not_depend_on_the_order_or_the_number_of_images():
    points = values(100, 8)
    found, _ = principal_components(points, 2)
    turned, _ = principal_components(points[::-1], 2)
    np.testing.assert_allclose(found, turned[::-1], atol=1e-4)


def test_features_with_one_dimension_are_placed_on_a_line():
    placed = lay_out(values(10, 1))
    assert placed.places_N2.shape == (10, 2)
    assert not placed.places_N2[:, 1].any()
    assert placed.variance == (pytest.approx(1.0), 0.0)


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (values(2, 4), "A map needs at least 3 images that can be read, and there are 2."),
        (np.ones((5, 4), np.float32), "All images have the same features"),
        (np.full((5, 4), np.nan, np.float32), "Some features are not finite numbers"),
    ],
)
def test_what_cannot_be_placed_is_told_in_words(points, words):
    with pytest.raises(NotPlaceable, match=words):
        lay_out(points)


def test_umap_that_is_not_installed_is_an_error(monkeypatch):
    monkeypatch.setattr(layout, "has_umap", lambda: False)
    with pytest.raises(NotPlaceable, match="UMAP is not installed") as caught:
        lay_out(values(20, 4), "umap")
    assert caught.value.cli == "Install it with `pip install umap-learn`."


def test_umap_gets_few_components_and_the_seed(monkeypatch):
    """A stand-in: the library itself is an optional extra."""
    told = {}

    class Umap:
        def __init__(self, **settings):
            told.update(settings)

        def fit_transform(self, points):
            told["shape"] = points.shape
            return points[:, :2].astype(np.float64)

    monkeypatch.setitem(sys.modules, "umap", types.SimpleNamespace(UMAP=Umap))
    monkeypatch.setattr(layout, "has_umap", lambda: True)
    placed = lay_out(values(100, 80), "umap", seed=7)
    assert placed.places_N2.dtype == np.float32
    assert told == {"n_neighbors": 15, "random_state": 7, "init": "spectral", "shape": (100, 50)}
    lay_out(values(4, 80), "umap")
    assert (told["n_neighbors"], told["init"], told["shape"]) == (3, "random", (4, 4))
