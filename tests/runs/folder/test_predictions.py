import numpy as np

from tlcore.runs.folder.layout import predictions_path
from tlcore.runs.folder.predictions import Predictions, load_predictions, predictions_key, save_predictions
from tlcore.transforms.spec import CenterCrop, TransformSpec

PREDICTIONS = Predictions(np.array([[1.5, -2.0]], dtype=np.float32), np.array([1]), ("ants/Müller 1.jpg",))
SPEC = TransformSpec(operations=(CenterCrop(size=32),))


def test_logits_go_to_the_folder_and_back(tmp_path):
    save_predictions(tmp_path, "test", 3, PREDICTIONS, "key")
    loaded = load_predictions(tmp_path, "test", 3, "key")
    assert loaded.logits_NC.tolist() == [[1.5, -2.0]]
    assert loaded.targets_N.tolist() == [1]
    assert loaded.sample_ids == ("ants/Müller 1.jpg",)


def test_logits_made_from_something_else_or_damaged_are_not_found(tmp_path):
    assert load_predictions(tmp_path, "test", 3, "key") is None
    save_predictions(tmp_path, "test", 3, PREDICTIONS, "key")
    assert load_predictions(tmp_path, "test", 3, "other") is None
    path = predictions_path(tmp_path, "test", 3)
    path.write_bytes(path.read_bytes()[:50])
    assert load_predictions(tmp_path, "test", 3, "key") is None


def test_the_key_depends_on_weights_transform_and_images():
    images = [("a.jpg", "digest", 0)]
    key = predictions_key("weights", SPEC, images)
    assert key == predictions_key("weights", SPEC, images)
    others = {
        predictions_key("other", SPEC, images),
        predictions_key("weights", SPEC.model_copy(update={"mean": (0.0, 0.0, 0.0)}), images),
        predictions_key("weights", SPEC, [("a.jpg", "other", 0)]),
        predictions_key("weights", SPEC, [("a.jpg", "digest", 1)]),
        predictions_key("weights", SPEC, [("b.jpg", "digest", 0)]),
    }
    assert len(others | {key}) == 6
