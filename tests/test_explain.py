from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch
from torch import nn

from tlcore.errors import ModelError
from tlcore.explain import class_map, on_original
from tlcore.models.architecture import HEAD
from tlcore.models.build import build_model
from tlcore.models.table import TableEntry
from tlcore.models.zoo import ZOO
from tlcore.transforms.draws import draw_views
from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec

LINEAR = TableEntry("linear", head="head", groups={"trunk": ("body",), HEAD: ("head",)})
DEEP = TableEntry("deep", head="head.2", groups={"trunk": ("body",), HEAD: ("head",)})


def colour_network(*head):
    """A network whose features are the amounts of red, green and blue; two untrained convolutions halve the size."""
    body = nn.Sequential(nn.Conv2d(3, 3, 3, 2, 1, bias=False), nn.ReLU(), nn.Conv2d(3, 3, 3, 2, 1, bias=False))
    for index in (0, 2):
        nn.init.zeros_(body[index].weight)
        for channel in range(3):
            body[index].weight.data[channel, channel] = 1 / 9
    layers = OrderedDict(body=body, pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), head=nn.Sequential(*head))
    return nn.Sequential(layers).eval()


def identity(size=3):
    layer = nn.Linear(size, size)
    nn.init.eye_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


@pytest.fixture
def squares():
    """An image of 64 px, red at the top left and blue at the bottom right."""
    image_CHW = torch.zeros(3, 64, 64)
    image_CHW[0, 8:24, 8:24] = 1
    image_CHW[2, 36:52, 40:56] = 1
    return image_CHW


@pytest.mark.parametrize(
    ("architecture", "head", "method"),
    [
        (LINEAR, (nn.Dropout(), identity()), "CAM"),
        (DEEP, (identity(), nn.Hardswish(), identity()), "Grad-CAM"),
    ],
)
def test_the_map_of_a_class_is_on_its_evidence(architecture, head, method, squares):
    model = colour_network(*head)
    for target, (top, left) in {0: (8, 8), 2: (36, 40)}.items():
        result = class_map(model, architecture, squares, target)
        assert (result.method, result.cells) == (method, (16, 16))
        inside = np.zeros((64, 64), dtype=bool)
        inside[top : top + 16, left : left + 16] = True
        rows, columns = np.nonzero(result.values_HW > 0.5)
        assert rows.mean() == pytest.approx(top + 7.5, abs=1)
        assert columns.mean() == pytest.approx(left + 7.5, abs=1)
        assert result.values_HW[inside].mean() > 20 * result.values_HW[~inside].mean()
        assert result.values_HW.max() == 1


@pytest.mark.parametrize("against", [0.0, -1.0])
def test_a_class_without_evidence_has_an_empty_map(against, squares):
    head = identity()
    head.weight.data[1] = torch.tensor([against, 1.0, against])
    result = class_map(colour_network(head), LINEAR, squares, 1)
    assert result.values_HW.shape == (64, 64)
    assert (result.values_HW == 0).all()


# vit uses only its class token, vgg flattens its map, the others pool
METHODS = {
    "small_cnn": "CAM",
    "efficientnet_lite0": "CAM",
    "densenet121": "CAM",
    "googlenet": "CAM",
    "swin_t": "CAM",
    "squeezenet1_1": "Grad-CAM",
    "cifar_cnn": "Grad-CAM",
    "mobilenet_v3_small": "Grad-CAM",
    "alexnet": "Grad-CAM",
    "vit_b_16": "Grad-CAM",
}


@pytest.mark.parametrize(("name", "method"), METHODS.items())
def test_a_network_of_the_zoo_has_a_map(name, method):
    architecture = ZOO[name]
    model = build_model(name, "none", 3).eval()
    image_CHW = torch.randn(3, architecture.input_px, architecture.input_px, generator=torch.Generator().manual_seed(0))
    maps = [class_map(model, architecture, image_CHW, target) for target in range(2)]
    assert {result.method for result in maps} == {method}
    assert all(result.values_HW.shape == image_CHW.shape[1:] for result in maps)
    assert len({result.values_HW.tobytes() for result in maps}) > 1


def test_the_model_is_unchanged(squares):
    model = build_model("small_cnn", "none", 3).eval()
    for parameter in model.parameters():
        parameter.requires_grad = False
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    class_map(model, ZOO["small_cnn"], squares, 1)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in model.parameters())


def test_a_network_that_keeps_no_layout_has_no_map(squares):
    layers = OrderedDict(body=nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 4)), head=nn.Linear(4, 2))
    with pytest.raises(ModelError, match="No map can be made for linear: it keeps no layout of the image"):
        class_map(nn.Sequential(layers).eval(), LINEAR, squares, 0)


def test_the_map_comes_back_to_where_the_network_looked():
    spec = TransformSpec(operations=(Resize(size=64), CenterCrop(size=48)))
    image_CHW = torch.zeros(3, 100, 160, dtype=torch.uint8)
    image_CHW[:, 40:60, 90:110] = 255
    (draw,) = draw_views(spec, image_CHW, [0])
    values_HW = (draw.image_HWC[..., 0] / 255).astype(np.float32)
    for shown in ((100, 160), (50, 80)):
        laid = on_original(values_HW, draw.to_original, (100, 160), shown)
        assert laid.shape == shown
        rows, columns = np.nonzero(laid > 0.5)
        scale = shown[0] / 100
        assert rows.mean() == pytest.approx(49.5 * scale, abs=1)
        assert columns.mean() == pytest.approx(99.5 * scale, abs=1)


def test_outside_of_the_crop_the_map_is_empty():
    spec = TransformSpec(operations=(Resize(size=64), CenterCrop(size=48)))
    (draw,) = draw_views(spec, torch.zeros(3, 100, 160, dtype=torch.uint8), [0])
    laid = on_original(np.ones((48, 48), dtype=np.float32), draw.to_original, (100, 160), (100, 160))
    laid = laid.copy()
    left, top = draw.frame[0]
    right, bottom = draw.frame[2]
    assert (laid[int(top) + 2 : int(bottom) - 1, int(left) + 2 : int(right) - 1] == 1).all()
    laid[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))] = 0
    assert (laid == 0).all()


def test_threads_get_the_maps_of_their_own_images(squares):
    """Both threads are in the network at the same time, twice: each waits for the other behind its first layer."""
    model = colour_network(identity())
    images = [squares, squares.flip(2)]
    expected = [class_map(model, LINEAR, image_CHW, 0).values_HW for image_CHW in images]
    assert not np.array_equal(*expected)
    together = Barrier(2)

    def wait(module, given):
        together.wait(30)

    model.register_forward_pre_hook(wait)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda image_CHW: class_map(model, LINEAR, image_CHW, 0).values_HW, images))
    assert [np.array_equal(*pair) for pair in zip(found, expected, strict=True)] == [True, True]
