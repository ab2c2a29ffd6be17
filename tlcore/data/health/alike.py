"""Which images of a scan are equal or nearly equal: one number for each group of them."""

import numpy as np
import numpy.typing as npt
import pandas as pd

PLAIN = 0.05
"""Range of the grey values, in 0-1, without the 1 % darkest and brightest pixels. An image below it is one colour, and
resembles nothing: two black pictures need not show the same."""


def alike_numbers(table: pd.DataFrame) -> npt.NDArray[np.int64]:
    """A number per row of a scan, from 0: the same for images with equal pixels and for those that are nearly the same.

    -1 for an image that resembles no other one.
    """
    near = table["near_group"].to_numpy()
    shows = (table["bright"] - table["dark"] >= PLAIN).to_numpy()  # false for unreadable images, which have NaN
    equal, _ = pd.factorize(table["digest"])
    key = pd.Series(np.where(near >= 0, near, equal + near.max(initial=-1) + 1)[shows])
    several = key.duplicated(keep=False).to_numpy()
    numbers = np.full(len(table), -1)
    numbers[np.flatnonzero(shows)[several]] = pd.factorize(key[several])[0]
    return numbers
