"""Confident learning: estimate how many images of each class are labelled as each other one, and which ones.

Source: Northcutt, Jiang and Chuang (2021), "Confident Learning: Estimating Uncertainty in Dataset Labels", Journal of
Artificial Intelligence Research 70, sections 3.1 and 3.2. N images, C classes.
"""

import numpy as np
import numpy.typing as npt

Probabilities = npt.NDArray[np.float64]
Targets = npt.NDArray[np.int64]


def confident_joint(probabilities_NC: Probabilities, targets_N: Targets) -> npt.NDArray[np.float64]:
    """Estimated number of images per given class (row) and true class (column); the rows have the counts of `targets`.

    An image counts for the most probable of the classes whose probability is at least the mean of that probability over
    the images that are labelled so; if there is none, it does not count. The probabilities must be out of sample.
    """
    classes = probabilities_NC.shape[1]
    images_C = np.bincount(targets_N, minlength=classes)
    of_given_N = probabilities_NC[np.arange(len(targets_N)), targets_N]
    mean_C = np.bincount(targets_N, of_given_N, classes) / np.maximum(images_C, 1)
    confident_NC = np.where(probabilities_NC >= mean_C, probabilities_NC, -1.0)
    confident_NC[:, images_C == 0] = -1.0
    counted_N = confident_NC.max(axis=1) >= 0
    joint_CC = np.zeros((classes, classes))
    np.add.at(joint_CC, (targets_N[counted_N], confident_NC.argmax(axis=1)[counted_N]), 1)
    scaled: npt.NDArray[np.float64] = joint_CC * (images_C / np.maximum(joint_CC.sum(axis=1), 1))[:, None]
    return scaled


def prune_by_noise_rate(probabilities_NC: Probabilities, targets_N: Targets) -> npt.NDArray[np.bool_]:
    """Which images to remove: as many per pair of classes as the joint says, those with the largest margin between the
    probabilities of the other class and of the given one."""
    joint_CC = confident_joint(probabilities_NC, targets_N)
    removed_N = np.zeros(len(targets_N), dtype=bool)
    for given in np.flatnonzero(np.bincount(targets_N, minlength=len(joint_CC))):
        rows = np.flatnonzero(targets_N == given)
        for other in np.flatnonzero(np.rint(joint_CC[given])):
            if other != given:
                margin = probabilities_NC[rows, other] - probabilities_NC[rows, given]
                removed_N[rows[np.argsort(-margin, kind="stable")[: round(joint_CC[given, other])]]] = True
    return removed_N


def normalised_margin(probabilities_NC: Probabilities, targets_N: Targets) -> npt.NDArray[np.float64]:
    """The probability of the given class minus that of the most probable other one, in -1 to 1; low is doubtful."""
    rows_N = np.arange(len(targets_N))
    others_NC = probabilities_NC.copy()
    others_NC[rows_N, targets_N] = -1.0
    margin: npt.NDArray[np.float64] = probabilities_NC[rows_N, targets_N] - others_NC.max(axis=1)
    return margin


def ranked(probabilities_NC: Probabilities, targets_N: Targets) -> npt.NDArray[np.int64]:
    """Positions of the images, the most doubtful first: those to remove, then the others, each by normalised margin."""
    margin_N = normalised_margin(probabilities_NC, targets_N)
    return np.lexsort((margin_N, ~prune_by_noise_rate(probabilities_NC, targets_N)))
