import json

import pytest

from tlcore.config import RunConfig, load_config, parse_config
from tlcore.errors import ConfigError

MINIMAL = {"data": {"source": "photos"}}


def test_a_config_goes_to_json_and_back(configure):
    config = configure(
        strategy={"name": "fine_tuning", "learning_rates": {"head": 0.1}}, loss={"class_weights": {"a": 2}}
    )
    assert RunConfig.model_validate_json(config.model_dump_json()) == config


def test_a_config_cannot_be_changed_only_replaced():
    config = parse_config(MINIMAL)
    with pytest.raises(ValueError, match="frozen"):
        config.epochs = 3
    assert config.replace(epochs=3).epochs == 3
    assert config.epochs == 13


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"data": {"source": "a" * 5000}},
            "data.source: 5,000 characters, and a path or a name has at most 4,096",
        ),
        ({"data": {"source": "t.csv", "images": "a" * 5000}}, "data.images: 5,000 characters"),
        ({"model": {"weights": "a" * 5000}}, "model.weights: 5,000 characters"),
        ({"epoch": 3}, "epoch: no such setting. Did you mean 'epochs'?"),
        ({"data": {"source": "x", "imges": "y"}}, "data.imges: no such setting. Did you mean 'images'?"),
        ({"epochs": 0}, "epochs: Input should be greater than or equal to 1 (given: 0)"),
        ({"gradient_clip": float("inf")}, "gradient_clip: Input should be a finite number"),
        ({"strategy": {"name": "finetuning"}}, "strategy.name: Input should be 'feature_extraction'"),
        ({"strategy": {"freeze_up_to": "stem"}}, "feature_extraction trains the head alone: freeze_up_to is for"),
        (
            {"strategy": {"name": "from_scratch", "head_epochs": 2, "unfreeze_every": 1}},
            "from_scratch has nothing learned to freeze: unfreeze_every and head_epochs are for fine_tuning",
        ),
        (
            {"strategy": {"name": "from_scratch"}, "model": {"weights": "a.pth"}},
            "from_scratch starts from random weights",
        ),
        ({"optimizer": {"nesterov": True, "momentum": 0}}, "nesterov needs a momentum above 0"),
        (
            {"eval_transform": {"operations": [{"op": "RandomHorizontalFlip"}]}},
            "eval_transform contains a random operation",
        ),
        ({"eval_transform": {"operations": [{"op": "Rotate"}]}}, "eval_transform.operations.0: Input tag 'Rotate'"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(changes, message):
    with pytest.raises(ConfigError) as error:
        parse_config({**MINIMAL, **changes})
    assert message in str(error.value)


def test_all_problems_are_reported_together():
    with pytest.raises(ConfigError) as error:
        parse_config({**MINIMAL, "epochs": 0, "seed": -1, "batch": 3})
    assert all(name in str(error.value) for name in ("epochs:", "seed:", "batch:"))


def test_a_config_file_is_read_alone_or_out_of_a_run_file(tmp_path):
    alone, run = tmp_path / "config.json", tmp_path / "run.json"
    alone.write_text(json.dumps(MINIMAL))
    run.write_text(json.dumps({"format": 1, "config": MINIMAL}))
    assert load_config(alone) == load_config(run) == parse_config(MINIMAL)


def test_a_run_of_an_older_version_is_trained_again_as_it_was(tmp_path):
    config = parse_config({**MINIMAL, "strategy": {"name": "fine_tuning"}}).model_dump(mode="json")
    for name in ("head_epochs", "head_learning_rate", "batch_norm"):
        del config["strategy"][name]
    (tmp_path / "run.json").write_text(json.dumps({"format": 1, "config": config}))
    strategy = load_config(tmp_path / "run.json").strategy
    assert (strategy.head_epochs, strategy.batch_norm) == (0, "update")


def test_a_config_file_that_is_missing_or_no_json_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="Cannot read .*nothing.json: there is no such file"):
        load_config(tmp_path / "nothing.json")
    (tmp_path / "bad.json").write_text("{epochs: 3}")
    with pytest.raises(ConfigError, match="bad.json is not a configuration: it cannot be read as JSON"):
        load_config(tmp_path / "bad.json")
