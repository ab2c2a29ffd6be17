import pytest
import torch
from safetensors.torch import load_file

from tests.support.models import count_parameters
from tlcore.drawing.insects import INSECTS
from tlcore.drawing.world import WORLD
from tlcore.errors import WeightsError
from tlcore.models.build import build_model
from tlcore.models.zoo import ZOO

ENTRY = ZOO["small_resnet"]


def test_the_network_has_under_a_million_and_a_half_parameters():
    assert count_parameters(ENTRY.outline()) < 1_500_000


def test_the_weights_file_is_small_and_in_half_precision():
    assert ENTRY.named_file("builtin").stat().st_size < 3_000_000
    values = load_file(ENTRY.named_file("builtin"))
    assert {value.dtype for value in values.values() if value.is_floating_point()} == {torch.float16}


def test_builtin_weights_load_without_network_and_without_a_missing_value():
    model = build_model("small_resnet", "builtin", num_classes=6)
    values = load_file(ENTRY.named_file("builtin"))
    loaded = model.state_dict()
    assert loaded.keys() == values.keys()
    for name, value in values.items():
        if not name.startswith("fc."):
            assert torch.equal(loaded[name].half(), value.half()), name
    assert all(value.isfinite().all() for value in loaded.values())


def test_the_head_of_the_weights_knows_the_classes_of_the_drawn_world():
    assert len(load_file(ENTRY.named_file("builtin"))["fc.weight"]) == len(WORLD)


def test_the_drawn_world_has_none_of_the_demo_classes():
    assert not set(WORLD) & set(INSECTS)


def test_builtin_weights_of_another_backbone_are_refused_with_the_choices():
    with pytest.raises(WeightsError, match="No weights 'builtin' for resnet18. Choose one of: imagenet"):
        build_model("resnet18", "builtin", num_classes=2)


def test_imagenet_weights_of_the_builtin_backbone_are_refused_with_the_choices():
    with pytest.raises(WeightsError, match="No weights 'imagenet' for small_resnet. Choose one of: builtin"):
        build_model("small_resnet", "imagenet", num_classes=2)


def test_the_model_card_says_what_it_saw_how_it_was_trained_and_what_it_is_not_good_for():
    card = ENTRY.model_card or ""
    for heading in ("## What it saw", "## How it was trained", "## What it is not good for"):
        assert heading in card


def test_an_architecture_without_builtin_weights_has_no_card():
    assert ZOO["resnet18"].model_card is None
