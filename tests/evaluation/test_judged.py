import numpy as np
import pandas as pd

from tlcore.evaluation.judged import with_judgement, with_out_of_fold
from tlcore.evaluation.kept_out_of_fold import OutOfFold
from tlcore.runs.folder.predictions import Predictions


def test_predictions_are_judged_by_the_labels_that_images_have_now():
    logits = np.array([[2.0, 0.0], [2.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    predictions = Predictions(logits, np.array([0, 0, 0]), ("a", "b", "c"))
    table = pd.DataFrame({"id": ["b", "a", "x", "c"], "class": ["bee", "ant", "ant", "wasp"]})
    found = with_judgement(table, predictions, ("ant", "bee"))
    assert found["right"].tolist() == [False, True, pd.NA, False]
    np.testing.assert_allclose(found["loss"], [2 + np.log1p(np.exp(-2)), np.log1p(np.exp(-2)), np.nan, np.nan])


def test_out_of_fold_predictions_are_judged_by_the_labels_that_images_have_now():
    columns, p = np.array([[0, 1], [0, 2], [2, 1]], dtype=np.int32), np.array([[0.8, 0.1], [0.5, 0.25], [0.9, 0.1]])
    found = OutOfFold(("a", "b", "c"), ("ant", "bee", "fly"), columns, p.astype(np.float32))
    table = pd.DataFrame({"id": ["c", "b", "x", "a", "a"], "class": ["fly", "fly", "ant", "wasp", "fly"]})
    judged = with_out_of_fold(table, found)
    assert judged["right"].tolist() == [True, False, pd.NA, False, False]
    np.testing.assert_allclose(judged["loss"], -np.log([0.9, 0.25, np.nan, np.nan, np.nan]), rtol=1e-6)
