import pytest
import torch

from tests.support.networks import images_for, network_with_statistics
from tlcore.models.engines.converted import PART, Session, export_onnx
from tlcore.models.zoo import find_architecture

ARCHITECTURE = find_architecture("small_cnn")
MANY = 4 * PART


@pytest.fixture(scope="module")
def model() -> bytes:
    return export_onnx(network_with_statistics("small_cnn"), images_for(ARCHITECTURE, 2))


@pytest.mark.parametrize("images", [MANY, MANY + 1, 1])
def test_a_batch_in_parts_has_the_same_bits_as_a_whole_one(model, images):
    batch = images_for(ARCHITECTURE, images)
    in_parts, whole = Session(model, threads=2, images=MANY), Session(model, threads=1)
    assert torch.equal(in_parts(batch), whole(batch))


def test_an_export_leaves_layers_that_change_their_input_as_they_are():
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU6(inplace=True)).eval()
    images = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    found = Session(export_onnx(network, images), threads=1)(images)
    assert network[1].inplace
    with torch.inference_mode():
        torch.testing.assert_close(found, network(images))
