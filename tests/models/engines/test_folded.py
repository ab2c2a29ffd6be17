import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from tests.support.networks import images_for, network_with_statistics
from tlcore.models.architecture import Architecture
from tlcore.models.engines.folded import fold_batchnorm
from tlcore.models.split import extract_features
from tlcore.models.table import TableEntry
from tlcore.models.zoo import ZOO, find_architecture

# Architectures with BatchNorm before the convolution, or with auxiliary classifiers, which evaluation does not run
KEEPS_SOME = {"densenet121": 62, "densenet161": 82, "inception_v3": 2, "googlenet": 2} | {
    "timm:repvit_m0_9": 24,  # behind a sum of branches
    "timm:levit_128s": 1,  # in the head
}
OF_TIMM = ["timm:ghostnet_050", "timm:levit_128s", "timm:mobilenetv4_conv_small", "timm:repvit_m0_9"]
WITHOUT = {"alexnet", "vgg16", "vgg19", "convnext_tiny", "vit_b_16", "swin_t", "wide_resnet50_2", "resnext50_32x4d"}


def norms(model: nn.Module) -> list[nn.Module]:
    return [module for module in model.modules() if isinstance(module, _BatchNorm)]


@pytest.mark.parametrize("name", [*sorted(ZOO.keys() - WITHOUT), *OF_TIMM])
def test_a_folded_network_gives_the_features_and_logits_of_the_network_itself(name):
    model, architecture = network_with_statistics(name), find_architecture(name)
    images_NCHW, before = images_for(architecture), copy.deepcopy(model.state_dict())
    folded = fold_batchnorm(model, architecture, images_NCHW[:1])
    with torch.inference_mode():
        for part in (
            lambda network: network(images_NCHW),
            lambda network: features(network, architecture, images_NCHW),
        ):
            expected = part(model)
            difference = (part(folded) - expected).abs().max() / (expected.max() - expected.min())
            assert difference < 2e-5
    assert len(norms(folded)) == KEEPS_SOME.get(name, 0)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def features(network: nn.Module, architecture: Architecture, images_NCHW: Tensor) -> Tensor:
    return extract_features(network, architecture, images_NCHW)


class _Branching(nn.Module):
    """A network in which BatchNorm must not be folded, because the convolution's output is used twice."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.head, self.how = nn.Linear(4, 2), how
        self.relu = nn.ReLU(inplace=True)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.conv(images)
        if self.how == "relu between":
            normed = self.norm(self.relu(maps))
        elif self.how == "added":
            normed = maps + self.norm(maps)
        else:
            normed = self.norm(self.norm(maps))
        logits: Tensor = self.head(normed.mean((2, 3)))
        return logits


@pytest.mark.parametrize("how", ["relu between", "added", "twice"])
def test_a_batchnorm_that_cannot_be_folded_stays(how):
    model = _Branching(how).eval()
    with torch.no_grad():
        model.norm.running_mean.fill_(0.5)
        model.norm.bias.fill_(0.3)
        model.norm.running_var.fill_(3.0)
    architecture = TableEntry("branching", head="head", groups={"features": ("conv", "norm"), "head": ("head",)})
    images_NCHW = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    folded = fold_batchnorm(model, architecture, images_NCHW[:1])
    assert len(norms(folded)) == 1
    assert torch.equal(folded(images_NCHW), model(images_NCHW))


def test_a_batchnorm_in_the_head_stays_in_the_head():
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 6), nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 2))).eval()
    model[2][0].running_mean.fill_(2.0)
    architecture = TableEntry("head with norm", head="2.1", groups={"features": ("0", "1"), "head": ("2",)})
    folded = fold_batchnorm(model, architecture, torch.randn(1, 3, 2, 2))
    assert isinstance(folded[2][0], nn.BatchNorm1d)
