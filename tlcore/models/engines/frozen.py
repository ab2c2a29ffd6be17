"""A network of which only the head is trained, on images: an engine runs the frozen trunk, torch the head."""

from torch import Tensor, nn

from tlcore.models.engines.choose import Runner
from tlcore.models.split import Head


class FrozenTrunk(nn.Module):
    """From images (N, 3, H, W) to logits (N, C). Its parameters and its mode are those of the head."""

    def __init__(self, trunk: Runner, head: Head) -> None:
        super().__init__()
        self.head = head
        self._trunk = trunk

    def forward(self, images_NCHW: Tensor) -> Tensor:
        features = self._trunk(images_NCHW).clone()  # autograd cannot keep what inference mode made
        logits_NC: Tensor = self.head(features)
        return logits_NC
