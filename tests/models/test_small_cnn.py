import pytest
import torch

from tests.support.models import count_parameters
from tlcore.models.small_cnn import SmallCNN


@pytest.mark.parametrize("size_px", [28, 32])
def test_takes_small_images(size_px: int) -> None:
    assert SmallCNN(num_classes=4)(torch.zeros(2, 3, size_px, size_px)).shape == (2, 4)


def test_is_small() -> None:
    assert 100_000 < count_parameters(SmallCNN()) < 400_000


def test_learns_to_tell_two_patterns_apart() -> None:
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    targets = torch.arange(32) % 2
    images_NCHW = torch.randn(32, 3, 16, 16, generator=generator) * 0.5
    images_NCHW[targets == 1, :, :, ::2] += 1.0
    model = SmallCNN(num_classes=2)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(15):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(images_NCHW), targets).backward()
        optimizer.step()
    with torch.inference_mode():
        assert (model.eval()(images_NCHW).argmax(1) == targets).float().mean() > 0.9
