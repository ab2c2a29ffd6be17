"""The small network of many beginners' courses, for images of 32 px: one convolution, two linear layers."""

from collections import OrderedDict

from torch import Tensor, nn

# N images, C channels or classes, H and W pixels


class CifarCNN(nn.Module):
    """A 5×5 convolution to 16 channels, max pooling, and two linear layers: 3,136 → 128 → classes.

    404 thousand parameters with 10 classes. Takes RGB images of 32 × 32 px.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(conv1=nn.Conv2d(3, 16, kernel_size=5), relu=nn.ReLU(inplace=True), pool=nn.MaxPool2d(2))
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(16 * 14 * 14, 128), nn.ReLU(inplace=True), nn.Linear(128, num_classes)
        )

    def forward(self, images_NCHW: Tensor) -> Tensor:
        """Logits of shape (N, C)."""
        logits_NC: Tensor = self.classifier(self.features(images_NCHW))
        return logits_NC
