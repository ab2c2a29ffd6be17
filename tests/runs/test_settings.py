"""Settings of runs in words."""

import pytest
from pydantic import BaseModel

from tlcore.config import RunConfig, parse_config
from tlcore.runs.settings import differing_settings, settings_of, transform_words
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec

EVALUATION = TransformSpec(operations=(Resize(size=256), CenterCrop(size=224)))
EVERY_EFFECT = {
    "data": {"source": "/home/me/photographs", "images": "/home/me/images"},
    "model": {"backbone": "resnet18", "weights": "/secret/place/weights.pth"},
    "strategy": {
        "name": "fine_tuning",
        "learning_rates": {"features": 1e-4},
        "freeze_up_to": "layer1",
        "head_epochs": 2,
    },
    "optimizer": {"name": "sgd", "learning_rate": 0.01},
    "mix": {"name": "mixup"},
}


def words(**settings) -> dict[str, str]:
    return {setting.label: setting.value for setting in settings_of(parse_config(settings))}


def leaves(model: BaseModel, prefix: str = "") -> set[str]:
    found = set()
    for name in type(model).model_fields:
        value = getattr(model, name)
        nested = isinstance(value, BaseModel) and not isinstance(value, TransformSpec)
        found |= leaves(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}"}
    return found


def test_every_field_of_a_run_is_worded_where_it_has_an_effect():
    frozen = {**EVERY_EFFECT, "strategy": {}, "train_transform": EVALUATION.model_copy(update={"operations": ()})}
    frozen["train_transform"] = {"operations": AUGMENTATIONS["standard"](224, "bilinear")}
    stepwise, plateau = ({**EVERY_EFFECT, "schedule": {"name": name}} for name in ("step", "plateau"))
    configs = [parse_config(settings) for settings in (frozen, stepwise, plateau)]
    told = {setting.path for config in configs for setting in settings_of(config)}
    assert told == leaves(RunConfig())


def test_settings_without_an_effect_are_not_listed():
    told = words(optimizer={"name": "adam"}, schedule={"name": "cosine"})
    assert not {"Momentum", "Nesterov", "Epochs between two reductions", "Frozen up to", "Alpha of the mix"} & set(told)


def test_values_are_words_and_no_path_of_the_machine():
    told = words(**EVERY_EFFECT)
    assert told["Dataset"] == "photographs"
    assert told["Weights"] == "weights.pth"
    assert told["Strategy"] == "fine-tuning"
    assert told["Learning rates of parts"] == "features 0.0001"
    assert told["EMA of the weights, decay"] == "off"
    assert not any("/secret" in value or "/home" in value for value in told.values())


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_a_named_augmentation_is_shown_by_its_name(name):
    spec = EVALUATION.model_copy(update={"operations": AUGMENTATIONS[name](224, "bilinear")})
    assert transform_words(spec, EVALUATION) == name


def test_other_transforms_are_shown_step_by_step():
    assert transform_words(EVALUATION) == "Resize (size 256), CenterCrop (size 224)"
    assert transform_words(EVALUATION, EVALUATION) == "as in validation"


def test_differences_among_runs_are_short_with_the_common_settings_first():
    configs = [
        parse_config({"seed": seed, "optimizer": {"name": name, "learning_rate": rate}, "epochs": 3})
        for seed, name, rate in ((0, "adam", 1e-3), (1, "sgd", 1e-2), (1, "sgd", 1e-3))
    ]
    found = [list(words.values()) for words in differing_settings(configs)]
    assert found[0] == ["lr 0.001", "Adam", "seed 0"]
    assert found[1] == ["lr 0.01", "SGD", "seed 1"]  # no momentum, because Adam has none
    assert differing_settings(configs[:1]) == [{}]
