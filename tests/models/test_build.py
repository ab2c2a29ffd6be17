from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from tlcore.errors import ConfigError
from tlcore.models.build import build_model
from tlcore.models.zoo import ZOO

REAL_WEIGHTS = Path(__file__).parents[2].parent / "shared" / "weights"


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "mobilenet_v3_small", "small_cnn"])
def test_final_layer_is_made_for_the_task(name: str) -> None:
    model = build_model(name, "none", num_classes=11).eval()
    with torch.inference_mode():
        assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 11)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_auxiliary_classifiers_are_made_for_the_task(name: str) -> None:
    model = build_model(name, "none", num_classes=11)
    assert {model.get_submodule(path).out_features for path in ZOO[name].aux} == {11}


def test_thousands_of_classes_are_possible() -> None:
    assert build_model("small_cnn", "none", num_classes=4000).get_submodule("classifier.1").out_features == 4000


@pytest.mark.parametrize(("name", "small"), [("mobilenet_v3_small", True), ("squeezenet1_1", False)])
def test_a_linear_head_on_loaded_layers_begins_near_zero(name: str, small: bool, tmp_path: Path) -> None:
    architecture = ZOO[name]
    torch.save(architecture.build().state_dict(), tmp_path / "weights.pth")
    loaded, random = (build_model(name, weights, num_classes=5) for weights in (str(tmp_path / "weights.pth"), "none"))
    largest, usual = (model.get_submodule(architecture.head).weight.detach().abs().max() for model in (loaded, random))
    assert float(largest) > 0
    if small:
        assert float(largest) < 0.02 * float(usual)
        with torch.inference_mode():
            probabilities = loaded.eval()(torch.rand(2, 3, 64, 64)).softmax(1)
        torch.testing.assert_close(probabilities, torch.full((2, 5), 0.2), rtol=0, atol=0.01)
    else:
        assert float(largest) > 0.5 * float(usual)


def test_one_class_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs at least 2 classes, not 1"):
        build_model("small_cnn", "none", num_classes=1)


def test_same_seed_gives_the_same_values_and_another_seed_others() -> None:
    first, again, other = (
        build_model("small_cnn", "none", num_classes=3, seed=seed).state_dict() for seed in (5, 5, 6)
    )
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["classifier.1.weight"], other["classifier.1.weight"])
    assert not torch.equal(first["features.block1.0.weight"], other["features.block1.0.weight"])


def test_values_do_not_depend_on_the_global_generator_and_leave_it_alone(tmp_path: Path) -> None:
    torch.save(resnet18().state_dict(), tmp_path / "weights.pth")
    for weights in ("none", str(tmp_path / "weights.pth")):
        torch.manual_seed(1)
        state = torch.get_rng_state()
        first = build_model("resnet18", weights, num_classes=3).state_dict()
        assert torch.equal(torch.get_rng_state(), state)
        torch.manual_seed(2)
        second = build_model("resnet18", weights, num_classes=3).state_dict()
        assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "googlenet"])
def test_state_dict_has_the_keys_of_torchvision(name: str) -> None:
    assert set(build_model(name, "none", num_classes=2).state_dict()) == set(ZOO[name].outline().state_dict())


@pytest.mark.parametrize("name", ["small_cnn", "squeezenet1_1", "googlenet"])
def test_final_layers_compute_in_float32_under_autocast(name: str) -> None:
    model = build_model(name, "none", num_classes=3).train()
    layers: dict[str, nn.Module] = {path: model.get_submodule(path) for path in (ZOO[name].head, *ZOO[name].aux)}
    seen: dict[str, torch.dtype] = {}
    for path, layer in layers.items():
        layer.register_forward_hook(lambda _, inputs, output, path=path: seen.update({path: output.dtype}))

    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        model(torch.randn(2, 3, 64, 64))

    assert seen == dict.fromkeys(layers, torch.float32)


@pytest.mark.parametrize(("name", "expected"), [("mobilenet_v2", 1280), ("squeezenet1_0", 512)])
def test_real_weights_are_loaded_into_the_trunk(name: str, expected: int) -> None:
    path = REAL_WEIGHTS / f"{name}-imagenet1k.pth"
    if not path.is_file():
        pytest.skip(f"no real weights at {path}")
    stored = torch.load(path, weights_only=True)
    built = build_model(name, str(path), num_classes=4).state_dict()

    head = ZOO[name].head
    assert built[f"{head}.weight"].shape[:2] == (4, expected)
    trunk = [key for key in built if not key.startswith(head) and not key.endswith("num_batches_tracked")]
    assert trunk
    assert all(torch.equal(built[key], stored[key]) for key in trunk)
