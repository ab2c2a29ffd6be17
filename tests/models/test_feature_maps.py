from collections import OrderedDict

import pytest
import torch
from torch import nn

from tlcore.models.architecture import HEAD
from tlcore.models.feature_maps import as_map, record
from tlcore.models.table import TableEntry

TINY = TableEntry("tiny", head="head", groups={"trunk": ("body",), HEAD: ("head",)})


def network(*layers, features=4):
    return nn.Sequential(
        OrderedDict(
            body=nn.Sequential(*layers),
            pool=nn.AdaptiveAvgPool2d(1),
            flat=nn.Flatten(),
            head=nn.Linear(features, 2),
        )
    ).eval()


STACKS = {
    "padded convolutions of stride 2": (nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 1, 1)),
    "large kernels": (nn.Conv2d(3, 4, 7, 2, 3), nn.Conv2d(4, 4, 5, 2, 2)),
    "without padding": (nn.Conv2d(3, 4, 3, 2), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3, 2)),
    "average pools": (nn.Conv2d(3, 4, 3, 1, 1), nn.AvgPool2d(2), nn.AvgPool2d(3, 2)),
    "patches": (nn.Conv2d(3, 4, 8, 8),),
    "dilated, and of two shapes": (nn.Conv2d(3, 4, (3, 5), (2, 1), (1, 0)), nn.Conv2d(4, 4, 3, 2, 2, dilation=2)),
}


@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_a_cell_looks_around_the_centre_of_the_pixels_it_depends_on(layers):
    model = network(*layers)
    for parameter in model.parameters():
        nn.init.ones_(parameter)
    image = torch.zeros(1, 3, 96, 96, requires_grad=True)
    cells_NKhw = model.body(image)
    height, width = cells_NKhw.shape[2:]
    row, column = height // 2, width // 2
    (slope_NCHW,) = torch.autograd.grad(cells_NKhw[0, :, row, column].sum(), image)
    weight_HW = slope_NCHW[0].sum(0)
    pixels = torch.arange(96.0)
    seen_y = float((weight_HW.sum(1) * pixels).sum() / weight_HW.sum())
    seen_x = float((weight_HW.sum(0) * pixels).sum() / weight_HW.sum())

    grid = record(model, TINY, torch.zeros(1, 3, 96, 96)).grid((height, width))
    assert grid.offset[0] + row * grid.stride[0] == pytest.approx(seen_y, abs=1e-3)
    assert grid.offset[1] + column * grid.stride[1] == pytest.approx(seen_x, abs=1e-3)


def test_other_ways_of_reducing_the_size_count_as_even():
    recording = record(network(nn.Conv2d(3, 4, 2, 2), nn.AdaptiveAvgPool2d(4)), TINY, torch.zeros(1, 3, 32, 32))
    assert recording.grid((4, 4)).offset == (3.5, 3.5)
    assert recording.grid((4, 4)).stride == (8, 8)


def test_the_late_outputs_come_in_order_and_survive_what_is_written_into_them():
    model = network(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True))
    recording = record(model, TINY, torch.randn(1, 3, 16, 16))
    convolved, rectified, *_ = recording.late_outputs
    assert (convolved < 0).any()
    assert torch.equal(convolved.relu(), rectified)
    assert recording.head_input.shape == (1, 4)
    assert torch.equal(recording.logits_NC, recording.late_outputs[-1])


def test_no_hook_stays_even_if_the_network_fails():
    model = network(nn.Conv2d(3, 4, 3))
    record(model, TINY, torch.zeros(1, 3, 16, 16))
    with pytest.raises(RuntimeError):
        record(model, TINY, torch.zeros(1, 5, 16, 16))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_tokens_are_laid_out_by_rows_without_the_class_token():
    tokens_NTK = torch.arange(10.0)[None, :, None]
    assert as_map(tokens_NTK)[0, 0].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert as_map(tokens_NTK[:, 1:])[0, 0].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert as_map(tokens_NTK[:, :8]) is None
    assert as_map(torch.zeros(1, 6, 1, 1)) is None
    assert as_map(torch.zeros(1, 6)) is None
