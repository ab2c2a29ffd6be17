"""The temperature of an epoch: the one number that the logits are divided by, so that probabilities match accuracy.

N images, C classes, G temperatures, B resamples.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tlcore.evaluation.metrics import Logits, Targets, is_right
from tlcore.words import count

FEW = 100
"""With fewer images a temperature is shaky."""
LOWEST, HIGHEST = 0.05, 20.0
RESAMPLES = 400
MOST_IMAGES = 5000
"""More images than this hardly change a temperature; so many are drawn."""
_GRID = 61


@dataclass(frozen=True)
class Temperature:
    value: float
    low: float | None
    """The 95 % interval, from `low` to `high`; None if there is none."""
    high: float | None
    images: int
    """Number of images that it was fitted on."""
    reason: str = ""
    """Why the temperature could not be fitted, and is 1; empty if it was fitted."""

    @property
    def is_shaky(self) -> bool:
        return self.images < FEW


def fit_temperature(logits_NC: Logits, targets_N: Targets, seed: int = 0, *, with_interval: bool = True) -> Temperature:
    """The temperature with the least cross-entropy on these images, which should not be those of training or of test.

    It is 1 if no image is wrong: then every lower temperature is better still. The interval is that of `RESAMPLES`
    bootstrap samples of the images. The temperature is found on a grid from `LOWEST` to `HIGHEST`, with a parabola
    through the best value and its neighbours.
    Source: Guo et al. (2017), "On Calibration of Modern Neural Networks".
    """
    images = len(targets_N)
    if is_right(logits_NC, targets_N).all():
        reason = f"all {count(images, 'image')} are right, and any temperature below 1 would look better"
        return Temperature(1.0, None, None, images, reason)
    draw = np.random.default_rng(seed)
    if images > MOST_IMAGES:
        drawn = draw.choice(images, MOST_IMAGES, replace=False)
        logits_NC, targets_N, images = logits_NC[drawn], targets_N[drawn], MOST_IMAGES
    grid_G = np.geomspace(LOWEST, HIGHEST, _GRID)
    losses_GN = _losses(logits_NC, targets_N, grid_G)
    (value,) = _best(grid_G, losses_GN.mean(1)[None])
    if not with_interval:
        return Temperature(float(value), None, None, images)
    counts_BN = draw.multinomial(images, np.full(images, 1 / images), size=RESAMPLES).astype(np.float64)
    low, high = np.quantile(_best(grid_G, counts_BN @ losses_GN.T / images), [0.025, 0.975])
    value = float(value)
    return Temperature(value, min(float(low), value), max(float(high), value), images)


def temperature_words(temperature: Temperature) -> str:
    """The temperature with its uncertainty, as one or two sentences."""
    if temperature.reason:
        return f"No temperature can be fitted: {temperature.reason}. The probabilities stay as they are."
    found = f"{temperature.value:.2f}"
    if temperature.low is not None and temperature.high is not None:
        found += f" (95 % interval {temperature.low:.2f}–{temperature.high:.2f})"
    sentence = f"Temperature {found}, fitted on {count(temperature.images, 'image')} of val."
    if not 1.001 * LOWEST < temperature.value < 0.999 * HIGHEST:
        sentence += " That is at the limit of what is tried: these probabilities say nothing."
    if temperature.is_shaky:
        sentence += f" That is shaky: fewer than {FEW} images say little about probabilities."
    return sentence


def _losses(logits_NC: Logits, targets_N: Targets, grid_G: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Cross-entropy in nats of each image at each temperature, (G, N)."""
    from scipy.special import logsumexp

    values_NC = logits_NC.astype(np.float64)
    true_N = values_NC[np.arange(len(targets_N)), targets_N]
    return np.stack([logsumexp(values_NC / one, axis=1) - true_N / one for one in grid_G])


def _best(grid_G: npt.NDArray[np.float64], losses_BG: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The minimum of each row, (B,), by a parabola in the logarithm of the temperature; at the ends, the end."""
    place_B = losses_BG.argmin(1)
    inner_B = np.clip(place_B, 1, len(grid_G) - 2)
    rows = np.arange(len(losses_BG))
    before, here, after = (losses_BG[rows, inner_B + step] for step in (-1, 0, 1))
    bend = before - 2 * here + after
    shift_B = np.where(bend > 0, (before - after) / np.where(bend > 0, 2 * bend, 1), 0)
    logs_G = np.log(grid_G)
    inside_B = (place_B == inner_B) & (np.abs(shift_B) <= 1)
    found: npt.NDArray[np.float64] = np.exp(logs_G[place_B] + np.where(inside_B, shift_B, 0) * (logs_G[1] - logs_G[0]))
    return found
