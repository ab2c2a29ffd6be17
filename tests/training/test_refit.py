"""Settings of a run for another backbone: settings that do not fit are removed, and that is reported."""

import pytest

from tests.support.settings import all_changed
from tlcore.config import RunConfig, parse_config
from tlcore.errors import UnknownBackbone
from tlcore.models.zoo import find_architecture
from tlcore.training.refit import evaluation_view, refit, refit_views
from tlcore.training.resolve import augmented
from tlcore.transforms.spec import RandomResizedCrop, TransformSpec


def plain(config: RunConfig) -> dict:
    return config.model_dump(mode="json")


def test_parts_that_the_new_network_lacks_are_left_out_and_named():
    settings, notes = refit(plain(all_changed()), "resnet18")
    config = parse_config(settings)
    assert config.strategy.freeze_up_to is None
    assert config.strategy.learning_rates == {"features": 1e-4, "classifier": 2e-4, "head": 3e-3}
    assert notes[:2] == (
        "resnet18 has no layer group block1 to freeze up to: nothing is frozen now.",
        "resnet18 has no layer group block2: learning rates of these are gone.",
    )
    assert config.replace(**{name: getattr(all_changed(), name) for name in ("model", "strategy")}).model_dump(
        exclude={"train_transform", "eval_transform"}
    ) == all_changed().model_dump(exclude={"train_transform", "eval_transform"})


def test_the_same_backbone_again_changes_nothing():
    settings = plain(all_changed())
    assert refit(settings, "small_cnn") == (settings, ())


@pytest.mark.parametrize(
    ("before", "backbone", "after"),
    [
        ("imagenet", "vgg16", "imagenet"),
        ("imagenet", "efficientnet_lite0", "imagenet"),
        ("builtin", "mobilenet_v2", None),  # in records of earlier versions
        ("imagenet:IMAGENET1K_V2", "vgg16", None),
        ("/some/file.pth", "vgg16", None),
        ("none", "vgg16", "none"),
        (None, "vgg16", None),
    ],
)
def test_weights_stay_where_the_new_network_has_them(before, backbone, after):
    settings, notes = refit(plain(RunConfig(model={"weights": before})), backbone)
    assert settings["model"] == {"backbone": backbone, "weights": after}
    assert bool(notes) == (before != after)


def test_views_chosen_by_name_are_rebuilt_and_others_scaled():
    small, large = find_architecture("small_cnn"), find_architecture("mobilenet_v2")
    gentle = augmented(small.eval_transform(), "gentle")
    settings, notes = refit(plain(RunConfig(model={"backbone": "small_cnn"}, train_transform=gentle)), "mobilenet_v2")
    assert parse_config(settings).train_transform == augmented(large.eval_transform(), "gentle")
    assert notes == ("The views got the image size, mean and std of this backbone.",)
    own = TransformSpec(operations=(RandomResizedCrop(size=small.input_px),))
    settings, _ = refit(plain(RunConfig(model={"backbone": "small_cnn"}, train_transform=own)), "mobilenet_v2")
    fitted = parse_config(settings).train_transform
    assert (fitted.operations[0].size, fitted.mean) == (large.input_px, large.eval_transform().mean)


def test_other_weights_of_the_same_backbone_bring_their_own_views():
    before = plain(RunConfig(model={"backbone": "resnet50", "weights": "imagenet"}))
    before["train_transform"] = evaluation_view(before).model_dump(mode="json")
    after = before | {"model": {"backbone": "resnet50", "weights": "imagenet:IMAGENET1K_V2"}}
    assert refit_views(before, after)["train_transform"] == evaluation_view(after).model_dump(mode="json")


def test_an_unknown_backbone_is_an_error():
    with pytest.raises(UnknownBackbone, match="No backbone named 'resnet8'"):
        refit(plain(RunConfig()), "resnet8")
