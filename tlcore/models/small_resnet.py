"""A small residual network for images of 128 px: the trunk of the built-in weights."""

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

# N images, C channels or classes, H and W pixels


class SmallResNet(nn.Module):
    """A stem of two strided convolutions, five residual blocks, and 384 features for a linear head.

    1.25 million parameters without the head. Takes RGB images of any size.
    Source of the blocks: He et al. (2016), as torchvision builds them.
    """

    def __init__(self, num_classes: int = 173) -> None:
        super().__init__()
        self.stem = nn.Sequential(*_convolution(3, 24, stride=2), *_convolution(24, 48, stride=2))
        self.layer1 = nn.Sequential(BasicBlock(48, 48))
        self.layer2 = nn.Sequential(_narrowing(48, 96), BasicBlock(96, 96))
        self.layer3 = nn.Sequential(_narrowing(96, 160), BasicBlock(160, 160))
        self.features = nn.Sequential(*_convolution(160, 384, kernel_size=1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(384, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Logits of shape (N, C)."""
        maps_NCHW = self.layer3(self.layer2(self.layer1(self.stem(images_NCHW))))
        pooled_NC11: Tensor = self.avgpool(self.features(maps_NCHW))
        logits_NC: Tensor = self.fc(pooled_NC11.flatten(1))
        return logits_NC


def _convolution(
    in_channels: int, out_channels: int, kernel_size: int = 3, stride: int = 1
) -> tuple[nn.Module, nn.Module, nn.Module]:
    return (
        nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding=kernel_size // 2, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


def _narrowing(in_channels: int, out_channels: int) -> BasicBlock:
    """A block that halves height and width."""
    thinned = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=2, bias=False)
    shortcut = nn.Sequential(thinned, nn.BatchNorm2d(out_channels))
    return BasicBlock(in_channels, out_channels, stride=2, downsample=shortcut)
