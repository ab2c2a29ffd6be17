import numpy as np
import pandas as pd

from tlcore.evaluation.judged import with_judgement
from tlcore.runs.folder.predictions import Predictions


def test_predictions_are_judged_by_the_labels_that_images_have_now():
    logits = np.array([[2.0, 0.0], [2.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    predictions = Predictions(logits, np.array([0, 0, 0]), ("a", "b", "c"))
    table = pd.DataFrame({"id": ["b", "a", "x", "c"], "class": ["bee", "ant", "ant", "wasp"]})
    found = with_judgement(table, predictions, ("ant", "bee"))
    assert found["right"].tolist() == [False, True, pd.NA, False]
    np.testing.assert_allclose(found["loss"], [2 + np.log1p(np.exp(-2)), np.log1p(np.exp(-2)), np.nan, np.nan])
