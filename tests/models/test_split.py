from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch
from torch import nn

from tlcore.models.build import build_model
from tlcore.models.groups import set_training_mode
from tlcore.models.split import build_head, extract_features, main_and_auxiliary
from tlcore.models.zoo import ZOO, Architecture


def _images(architecture: Architecture, num_images: int = 2) -> torch.Tensor:
    size_px = min(max(64, architecture.min_px), architecture.max_px or 224)
    return torch.randn(num_images, 3, size_px, size_px, generator=torch.Generator().manual_seed(1))


def _measure_batchnorm_statistics(model: nn.Module, images_NCHW: torch.Tensor) -> None:
    """Without this, activations of a network with random weights become tiny, and all logits are almost equal."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
        norm.train()
    with torch.no_grad():
        model(images_NCHW)
    model.eval()


@pytest.mark.parametrize("name", ZOO)
def test_head_on_features_gives_exactly_the_logits_of_the_whole_network(name: str) -> None:
    architecture = ZOO[name]
    model = build_model(name, "none", num_classes=7, seed=3).eval()
    head = build_head(model, architecture)
    images_NCHW = _images(architecture)
    _measure_batchnorm_statistics(model, images_NCHW)

    for precision in (torch.float32, torch.bfloat16):
        use_bf16 = precision == torch.bfloat16
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=use_bf16):
            features = extract_features(model, architecture, images_NCHW)
            logits_NC = model(images_NCHW)
        with torch.inference_mode():
            head_logits_NC = head(features)

        assert logits_NC.shape == (2, 7)
        assert logits_NC.dtype == torch.float32
        assert not torch.equal(logits_NC[0], logits_NC[1])
        assert torch.equal(head_logits_NC, logits_NC)


def test_features_are_what_reaches_the_head() -> None:
    architecture = ZOO["resnet18"]
    model = build_model("resnet18", "none", num_classes=4).eval()
    images_NCHW = _images(architecture)
    with torch.no_grad():
        features = extract_features(model, architecture, images_NCHW)
        fc = model.get_submodule("fc")
        model.fc = nn.Identity()
        expected = model(images_NCHW)

    assert features.shape == (2, 512)
    assert torch.equal(features, expected)
    assert torch.allclose(build_head(_with_fc(model, fc), architecture)(features), fc(expected))


def _with_fc(model: nn.Module, fc: nn.Module) -> nn.Module:
    model.fc = fc
    return model


def test_extraction_leaves_no_hook_behind_even_when_the_network_fails() -> None:
    architecture = ZOO["mobilenet_v2"]
    model = build_model("mobilenet_v2", "none", num_classes=2).eval()
    with torch.inference_mode():
        extract_features(model, architecture, _images(architecture))
    with pytest.raises(RuntimeError):
        extract_features(model, architecture, torch.zeros(1, 5, 64, 64))

    assert not any(module._forward_pre_hooks for module in model.modules())


def test_head_shares_parameters_with_the_network() -> None:
    model = build_model("mobilenet_v2", "none", num_classes=2)
    head = build_head(model, ZOO["mobilenet_v2"])
    assert {id(parameter) for parameter in head.parameters()} == {
        id(parameter) for parameter in model.get_submodule("classifier").parameters()
    }


@pytest.mark.parametrize("name", ["mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "mnasnet1_0"])
def test_training_the_head_drops_out_without_writing_into_the_stored_features(name: str) -> None:
    architecture = ZOO[name]
    model = build_model(name, "none", num_classes=2)
    set_training_mode(model, architecture, frozen=architecture.group_names[:-1])
    head = build_head(model, architecture)
    layer = model.get_submodule(architecture.head)
    assert isinstance(layer, nn.Linear)
    features = torch.randn(8, layer.in_features, generator=torch.Generator().manual_seed(0))
    stored = features.clone()

    first, second = head(features), head(features)

    assert not torch.equal(first, second)
    assert torch.equal(features, stored)


def test_a_head_with_convolution_trains_on_stored_features() -> None:
    architecture = ZOO["squeezenet1_1"]
    model = build_model("squeezenet1_1", "none", num_classes=3)
    features = torch.randn(4, 512, 3, 3, generator=torch.Generator().manual_seed(0))

    logits_NC = build_head(model, architecture)(features)
    logits_NC.sum().backward()

    assert logits_NC.shape == (4, 3)
    assert model.get_submodule("classifier.1").weight.grad is not None


@pytest.mark.parametrize(("name", "num_auxiliary"), [("inception_v3", 1), ("googlenet", 2), ("small_cnn", 0)])
def test_training_output_is_taken_apart_into_main_and_auxiliary_logits(name: str, num_auxiliary: int) -> None:
    size_px = max(64, ZOO[name].min_training_px)
    model = build_model(name, "none", num_classes=5).train()
    with torch.no_grad():
        main, auxiliary = main_and_auxiliary(model(torch.randn(2, 3, size_px, size_px)))

    assert [tuple(logits.shape) for logits in (main, *auxiliary)] == [(2, 5)] * (1 + num_auxiliary)
    assert len(ZOO[name].aux) == num_auxiliary


def test_evaluation_output_has_no_auxiliary_logits() -> None:
    logits_NC = torch.zeros(2, 3)
    assert main_and_auxiliary(logits_NC) == (logits_NC, ())
    assert main_and_auxiliary((logits_NC, None)) == (logits_NC, ())


def test_threads_get_the_features_of_their_own_images() -> None:
    """Both hooks are on the network when the first image passes it: each thread waits for the other in its middle."""
    model, architecture = build_model("resnet18", "none", num_classes=2).eval(), ZOO["resnet18"]
    images = [torch.full((1, 3, 32, 32), value) for value in (-1.0, 1.0)]
    with torch.no_grad():
        expected = [extract_features(model, architecture, image_NCHW) for image_NCHW in images]
        assert not torch.equal(*expected)
    together = Barrier(2)

    def wait(module: nn.Module, given: object) -> None:
        together.wait(30)

    model.get_submodule("layer1").register_forward_pre_hook(wait)

    def features_of(image_NCHW: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return extract_features(model, architecture, image_NCHW)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(features_of, images))
    assert [torch.equal(*pair) for pair in zip(found, expected, strict=True)] == [True, True]
