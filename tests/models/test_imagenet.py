import pytest
import torch
from torchvision.models import get_model

from tlcore.errors import WeightsError
from tlcore.models.imagenet import build_classifier
from tlcore.models.zoo import ZOO

NAME = "mobilenet_v3_small"


@pytest.fixture(scope="module")
def published():
    torch.manual_seed(0)
    return get_model(NAME, weights=None).eval()


@pytest.fixture
def save(tmp_path):
    def write(state_dict):
        path = tmp_path / "weights.pth"
        torch.save(state_dict, path)
        return str(path)

    return write


def test_a_network_keeps_the_head_of_its_weights(published, save):
    images_NCHW = torch.randn(2, 3, 224, 224)
    model = build_classifier(NAME, save(published.state_dict()))
    with torch.inference_mode():
        torch.testing.assert_close(model(images_NCHW), published(images_NCHW))
    assert not model.training


def test_weights_without_a_head_for_imagenet_are_refused(published, save):
    state_dict = dict(published.state_dict())
    state_dict["classifier.3.weight"] = torch.zeros(5, 1024)
    with pytest.raises(WeightsError, match=r"no head for the 1,000 classes of ImageNet \(classifier.3.weight is \(5, "):
        build_classifier(NAME, save(state_dict))
    del state_dict["classifier.3.weight"]
    with pytest.raises(WeightsError, match=r"\(classifier.3.weight is missing\)"):
        build_classifier(NAME, save(state_dict))


def test_random_weights_know_no_classes():
    with pytest.raises(WeightsError, match="Random weights know no classes: choose `imagenet` or a file"):
        build_classifier(NAME, "none")


def test_the_classes_are_imagenets():
    classes = ZOO["resnet50"].classes()
    assert len(classes) == 1000
    assert (classes[0], classes[999]) == ("tench", "toilet tissue")
