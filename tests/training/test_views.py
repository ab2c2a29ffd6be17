"""The named choices of training views."""

import pytest

from tlcore.errors import ConfigError
from tlcore.models.zoo import find_architecture
from tlcore.training.resolve import augmented
from tlcore.training.views import AUTOMATIC, OWN, VALIDATION, Views, list_views, training_transform, views_of
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.saved import save_transform
from tlcore.transforms.spec import RandomErasing, RandomResizedCrop, TransformSpec

EVALUATION = find_architecture("small_cnn").eval_transform()
SPEC = TransformSpec(operations=(RandomResizedCrop(size=32), RandomErasing()), mean=(0.1, 0.1, 0.1))


def test_every_choice_is_found_again_by_its_transform():
    save_transform("my own", SPEC)
    assert len(list_views()) == len(AUGMENTATIONS) + 3
    for views in list_views():
        assert views_of(training_transform(views, EVALUATION), EVALUATION) == views
    assert training_transform(AUTOMATIC, EVALUATION) is None
    assert training_transform(VALIDATION, EVALUATION) == EVALUATION
    assert training_transform(Views("preset", "gentle"), EVALUATION) == augmented(EVALUATION, "gentle")


def test_a_saved_transform_gets_the_mean_and_std_of_the_weights():
    save_transform("my own", SPEC)
    found = training_transform(Views("saved", "my own"), EVALUATION)
    assert found is not None
    assert (found.operations, found.mean) == (SPEC.operations, EVALUATION.mean)
    with pytest.raises(ConfigError, match="No transform saved as 'gone'"):
        training_transform(Views("saved", "gone"), EVALUATION)


def test_any_other_transform_counts_as_custom_and_stays(home):
    assert views_of(SPEC, EVALUATION) == OWN
    assert training_transform(OWN, EVALUATION, SPEC) == SPEC
    (home / "transforms").mkdir(parents=True)
    (home / "transforms/broken.json").write_text("{")
    assert views_of(SPEC, EVALUATION) == OWN
