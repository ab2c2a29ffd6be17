import pytest

from tlcore.config import ResolvedConfig, RunConfig, parse_config, parse_resolved
from tlcore.errors import ConfigError, UnknownBackbone, WeightsError
from tlcore.models.zoo import find_architecture
from tlcore.training.resolve import left_open, resolve
from tlcore.transforms.spec import CenterCrop, RandomHorizontalFlip, Resize, TransformSpec

OWN = TransformSpec(operations=(Resize(size=40), CenterCrop(size=32)))


@pytest.mark.parametrize(
    ("settings", "weights", "learning_rate"),
    [
        ({"model": {"backbone": "mobilenet_v2"}}, "imagenet", 3e-3),
        ({"model": {"backbone": "mobilenet_v2"}, "strategy": {"name": "fine_tuning"}}, "imagenet", 3e-4),
        ({"model": {"backbone": "mobilenet_v2"}, "strategy": {"name": "from_scratch"}}, "none", 1e-3),
        ({"model": {"backbone": "mobilenet_v2", "weights": "none"}, "optimizer": {"learning_rate": 0.5}}, "none", 0.5),
    ],
)
def test_open_settings_are_chosen_for_the_strategy_and_the_backbone(settings, weights, learning_rate):
    resolved = resolve(parse_config(settings))
    assert resolved.model.weights == weights
    assert resolved.optimizer.learning_rate == learning_rate


def test_fine_tuning_of_pretrained_weights_begins_with_the_head_and_falls_towards_the_stem():
    tuned = resolve(parse_config({"model": {"backbone": "mobilenet_v2"}, "strategy": {"name": "fine_tuning"}}))
    assert (tuned.strategy.head_epochs, tuned.strategy.head_learning_rate) == (6, 3e-3)
    assert (tuned.strategy.batch_norm, tuned.schedule.name) == ("keep", "one_cycle")
    groups = len(find_architecture("mobilenet_v2").groups)
    assert tuned.strategy.learning_rate_decay ** (groups - 1) == pytest.approx(0.1, rel=0.1)
    short = resolve(parse_config({"strategy": {"name": "fine_tuning"}, "epochs": 1}))
    assert short.strategy.head_epochs == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"strategy": {"name": "feature_extraction"}},
        {"strategy": {"name": "from_scratch"}},
        {"strategy": {"name": "fine_tuning"}, "model": {"weights": "none"}},
    ],
)
def test_without_pretrained_layers_to_protect_all_train_alike(settings):
    resolved = resolve(parse_config(settings))
    assert (resolved.strategy.head_epochs, resolved.strategy.learning_rate_decay) == (0, 1.0)
    assert (resolved.strategy.batch_norm, resolved.schedule.name) == ("update", "constant")


def test_groups_that_join_one_by_one_need_no_epochs_of_the_head():
    strategy = {"name": "fine_tuning", "unfreeze_every": 2}
    assert resolve(parse_config({"strategy": strategy})).strategy.head_epochs == 0


def test_a_record_from_before_these_settings_means_what_it_meant(configure):
    settings = resolve(configure(strategy={"name": "fine_tuning"})).model_dump(mode="json")
    for name in ("head_epochs", "head_learning_rate", "batch_norm"):
        del settings["strategy"][name]
    before = parse_resolved(settings, "run.json")
    assert (before.strategy.head_epochs, before.strategy.batch_norm) == (0, "update")
    assert resolve(before.asked()).strategy == before.strategy


def test_the_views_are_those_of_the_weights_and_what_suits_the_strategy():
    architecture = find_architecture("resnet50")
    frozen = resolve(parse_config({"model": {"backbone": "resnet50", "weights": "imagenet:IMAGENET1K_V2"}}))
    assert frozen.eval_transform == frozen.train_transform == architecture.eval_transform("imagenet:IMAGENET1K_V2")
    tuned = resolve(parse_config({"model": {"backbone": "resnet50"}, "strategy": {"name": "fine_tuning"}}))
    assert tuned.eval_transform == architecture.eval_transform()
    assert tuned.train_transform.is_random


def test_requested_settings_stay():
    training = OWN.model_copy(update={"operations": (*OWN.operations, RandomHorizontalFlip())})
    asked = RunConfig(train_transform=training, eval_transform=OWN, epochs=5, gradient_clip=1.0)
    resolved = resolve(asked)
    assert (resolved.train_transform, resolved.eval_transform) == (training, OWN)
    assert (resolved.epochs, resolved.gradient_clip) == (5, 1.0)


def test_nothing_is_chosen_twice(configure):
    resolved = resolve(configure())
    assert resolve(resolved) == resolve(resolved.asked()) == resolved
    assert type(resolved.asked()) is RunConfig
    assert ResolvedConfig.model_validate_json(resolved.model_dump_json()) == resolved


def test_a_path_becomes_absolute_and_a_name_stays(tmp_path, monkeypatch, make_images):
    make_images("photos", train=2, val=2)
    (tmp_path / "own.pth").touch()
    monkeypatch.chdir(tmp_path)
    settings = {"data": {"source": "photos", "images": "photos"}, "model": {"weights": "own.pth"}}
    resolved = resolve(parse_config(settings))
    assert resolved.data.source == resolved.data.images == str(tmp_path / "photos")
    assert resolved.model.weights == str(tmp_path / "own.pth")
    assert resolve(RunConfig()).data.source == "demo"


@pytest.mark.parametrize("text", ["a" * 300, "~" + "a" * 40 + "/photos", "a\0b"])
def test_text_that_no_path_can_be_is_left_as_it_is(text):
    resolved = resolve(parse_config({"data": {"source": text, "images": text}, "model": {"weights": text}}))
    assert resolved.data.source == resolved.data.images == resolved.model.weights == text


def test_a_missing_path_is_an_error():
    with pytest.raises(UnknownBackbone, match="Did you mean 'resnet18'"):
        resolve(parse_config({"model": {"backbone": "resnet8"}}))
    with pytest.raises(WeightsError, match="No weights 'imagenet:V9' for resnet18"):
        resolve(parse_config({"model": {"backbone": "resnet18", "weights": "imagenet:V9"}}))
    with pytest.raises(ConfigError, match="No optimiser named 'adan'"):
        resolve(parse_config({"optimizer": {"name": "adan"}}))


def test_a_run_with_something_left_open_is_refused_by_the_name_of_the_setting(configure):
    settings = resolve(configure()).model_dump(mode="json")
    settings["model"]["weights"] = None
    del settings["eval_transform"]
    with pytest.raises(ConfigError) as error:
        parse_resolved(settings, "run.json")
    assert "in run.json" in str(error.value)
    assert "model.weights: Input should be a valid string (given: None)" in str(error.value)
    assert "eval_transform: Field required" in str(error.value)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"model": {"backbone": "mobilenet_v2"}, "strategy": {"name": "fine_tuning"}},
        {"model": {"backbone": "resnet50", "weights": "imagenet:IMAGENET1K_V2"}, "optimizer": {"learning_rate": 0.5}},
        {"eval_transform": OWN},
        {"train_transform": OWN, "eval_transform": OWN, "strategy": {"name": "from_scratch"}},
    ],
)
def test_settings_with_the_automatic_value_become_open_again(settings):
    asked = parse_config(settings)
    left = left_open(resolve(asked))
    assert resolve(left) == resolve(asked)
    open_before = [asked.model.weights, asked.eval_transform, asked.optimizer.learning_rate].count(None)
    assert [left.model.weights, left.eval_transform, left.optimizer.learning_rate].count(None) >= open_before
    assert left.optimizer.learning_rate == asked.optimizer.learning_rate


@pytest.mark.parametrize(
    ("model", "interpolation"),
    [
        ({"backbone": "efficientnet_lite0"}, "bicubic"),
        ({"backbone": "resnet18"}, "bilinear"),
        ({"backbone": "mobilenet_v2", "weights": "imagenet:IMAGENET1K_V2"}, "bilinear"),
        ({"backbone": "efficientnet_b0"}, "bicubic"),
        ({"backbone": "swin_t"}, "bicubic"),
        ({"backbone": "vit_b_16", "weights": "imagenet"}, "bilinear"),
        ({"backbone": "vit_b_16", "weights": "imagenet:IMAGENET1K_SWAG_LINEAR_V1"}, "bicubic"),
    ],
)
def test_training_views_are_interpolated_as_evaluation_is(model, interpolation):
    resolved = resolve(parse_config({"model": model, "strategy": {"name": "fine_tuning"}}))
    assert resolved.eval_transform.operations[0].interpolation == interpolation
    assert resolved.train_transform.operations[0].interpolation == interpolation
