"""Place images in the plane by their features: PCA, which is exact and quick, or UMAP if `umap-learn` is installed.

N images, D features.
"""

import importlib.util
import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tlcore.errors import NotPlaceable

Method = Literal["pca", "umap"]
METHODS: dict[str, str] = {"pca": "PCA", "umap": "UMAP"}
LEAST_IMAGES = 3
NEIGHBOURS = 15
"""UMAP: neighbours of an image that its place depends on; the default of umap-learn."""
_FOR_UMAP = 50
"""UMAP starts from so many principal components: distances between images change little, and it takes a fraction of
the time."""
_CHUNK = 8192

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Layout:
    places_N2: Values
    variance: tuple[float, ...] = ()
    """PCA: the fraction of the variance along each of the two axes. UMAP's axes have no meaning of their own."""


def has_umap() -> bool:
    """Whether UMAP can be used. It is not imported: that takes seconds."""
    return importlib.util.find_spec("umap") is not None


def lay_out(values_ND: Values, method: Method = "pca", seed: int = 0) -> Layout:
    """The place of each image.

    Raises NotPlaceable for fewer than LEAST_IMAGES images, features that do not differ or are not finite, and for UMAP
    if it is not installed.
    """
    images = len(values_ND)
    if images < LEAST_IMAGES:
        raise NotPlaceable(f"A map needs at least {LEAST_IMAGES} images that can be read, and there are {images}.")
    if not np.isfinite(values_ND).all():
        raise NotPlaceable(
            "Some features are not finite numbers, so images cannot be placed by them: the network does "
            "not suit these images, or its weights are damaged."
        )
    if (values_ND == values_ND[0]).all():
        raise NotPlaceable(
            "All images have the same features, so there is nothing to place them by: the images are equal, or the "
            "network does not tell them apart."
        )
    if method == "umap":
        return Layout(_umap(values_ND, seed))
    places_NK, variance = principal_components(values_ND, 2)
    return Layout(places_NK, variance)


def principal_components(values_ND: Values, components: int) -> tuple[Values, tuple[float, ...]]:
    """Coordinates (N, `components`) along the directions of most variance, and the fraction of the variance of each.

    Exact, from all images. The sign of a direction is chosen so that its largest weight is positive. Directions that do
    not exist, as the second one of features with one dimension, have the coordinate 0.
    Source: Pearson (1901), as the eigenvectors of the covariance, or of the inner products if images are fewer than
    features.
    """
    values_ND = np.asarray(values_ND, dtype=np.float32)
    mean_D = values_ND.mean(axis=0, dtype=np.float64).astype(np.float32)
    if len(values_ND) < values_ND.shape[1]:
        centred_ND = (values_ND - mean_D).astype(np.float64)
        _, scales, axes_KD = np.linalg.svd(centred_ND, full_matrices=False)
        powers = scales**2
    else:
        powers, axes_KD = np.linalg.eigh(_scatter(values_ND, mean_D))
        powers, axes_KD = powers[::-1], axes_KD.T[::-1]
    axes_KD, powers = axes_KD[:components], np.maximum(powers, 0.0)
    signs = np.sign(axes_KD[np.arange(len(axes_KD)), np.abs(axes_KD).argmax(axis=1)])
    axes_KD = (axes_KD * signs[:, None]).astype(np.float32)
    places_NK = np.zeros((len(values_ND), components), dtype=np.float32)
    for start in range(0, len(values_ND), _CHUNK):
        part = slice(start, start + _CHUNK)
        places_NK[part, : len(axes_KD)] = (values_ND[part] - mean_D) @ axes_KD.T
    fractions = powers[:components] / powers.sum()
    return places_NK, (*map(float, fractions), *[0.0] * (components - len(fractions)))


def _scatter(values_ND: Values, mean_D: Values) -> npt.NDArray[np.float64]:
    """The sum of outer products of the centred rows, (D, D): products in float32, their sum in float64."""
    total_DD = np.zeros((values_ND.shape[1],) * 2)
    for start in range(0, len(values_ND), _CHUNK):
        centred = values_ND[start : start + _CHUNK] - mean_D
        total_DD += centred.T @ centred
    return total_DD


def _umap(values_ND: Values, seed: int) -> Values:
    """Source: McInnes, Healy and Melville (2018), "UMAP: Uniform Manifold Approximation and Projection"."""
    if not has_umap():
        raise NotPlaceable("UMAP is not installed.", cli="Install it with `pip install umap-learn`.")
    if values_ND.shape[1] > _FOR_UMAP:
        values_ND = principal_components(values_ND, min(_FOR_UMAP, len(values_ND)))[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells that a seed means one thread, and about few images
        from umap import UMAP

        neighbours = min(NEIGHBOURS, len(values_ND) - 1)
        placed = UMAP(n_neighbors=neighbours, random_state=seed, init="spectral" if len(values_ND) > 10 else "random")
        return np.asarray(placed.fit_transform(values_ND), dtype=np.float32)
