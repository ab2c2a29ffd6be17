import pytest
import torch
from torch import nn

from tlcore.models.head import Float32Conv2d, Float32Linear, replace_final_layer


@pytest.mark.parametrize(
    ("layer", "plain", "shape"),
    [
        (Float32Linear(6, 3), nn.Linear(6, 3), (2, 6)),
        (Float32Conv2d(6, 3, kernel_size=1), nn.Conv2d(6, 3, kernel_size=1), (2, 6, 4, 4)),
    ],
)
def test_float32_layer_gives_under_autocast_what_it_gives_without(
    layer: nn.Module, plain: nn.Module, shape: tuple[int, ...]
) -> None:
    plain.load_state_dict(layer.state_dict())
    features = torch.randn(shape, generator=torch.Generator().manual_seed(0)).bfloat16()
    with torch.no_grad():
        without = layer(features)
        with torch.autocast("cpu", torch.bfloat16):
            under, rounded = layer(features), plain(features)

    assert under.dtype == torch.float32
    assert torch.equal(under, without)
    assert rounded.dtype == torch.bfloat16


def test_replaced_layer_keeps_its_inputs_and_whether_it_has_a_bias() -> None:
    model = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(6, 10, bias=False)))
    replace_final_layer(model, "1.0", num_classes=3)
    layer = model.get_submodule("1.0")
    assert isinstance(layer, Float32Linear)
    assert (layer.in_features, layer.out_features, layer.bias) == (6, 3, None)


def test_only_linear_and_pointwise_convolutions_are_replaced() -> None:
    with pytest.raises(TypeError, match="the final layer 0 is a ReLU, not a Linear or a 1×1 Conv2d"):
        replace_final_layer(nn.Sequential(nn.ReLU()), "0", num_classes=3)
    with pytest.raises(TypeError, match="is a Conv2d"):
        replace_final_layer(nn.Sequential(nn.Conv2d(3, 3, kernel_size=3)), "0", num_classes=3)
