"""A small convolutional network for images of 28 to 32 px, to be trained from scratch."""

from collections import OrderedDict

from torch import Tensor, nn

# N images, C channels or classes, H and W pixels


class SmallCNN(nn.Module):
    """Three blocks of two 3×3 convolutions with BatchNorm, each halving the image; then dropout and a linear head.

    290 thousand parameters with 10 classes. Takes RGB images of 8 px and more.
    """

    def __init__(self, num_classes: int = 10, dropout: float = 0.3) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(block1=_block(3, 32), block2=_block(32, 64), block3=_block(64, 128)),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(128, num_classes))

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Logits of shape (N, C)."""
        pooled_NC11: Tensor = self.avgpool(self.features(images_NCHW))
        logits_NC: Tensor = self.classifier(pooled_NC11.flatten(1))
        return logits_NC


def _block(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        *_convolution(in_channels, out_channels), *_convolution(out_channels, out_channels), nn.MaxPool2d(2)
    )


def _convolution(in_channels: int, out_channels: int) -> tuple[nn.Module, nn.Module, nn.Module]:
    return (
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )
