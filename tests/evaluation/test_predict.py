import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import get_model

from tlcore.evaluation.predict import imagenet_predictor
from tlcore.models.zoo import ZOO


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    torch.manual_seed(0)
    model = get_model("mobilenet_v3_small", weights=None).eval()
    torch.nn.init.normal_(model.classifier[3].weight, std=50.0)  # so that logits differ by more than rounding errors
    path = tmp_path_factory.mktemp("weights") / "weights.pth"
    torch.save(model.state_dict(), path)
    return model, str(path)


def test_an_imagenet_prediction_is_that_of_the_network_with_its_own_transform(published, tmp_path):
    model, weights = published
    pixels = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    predictor = imagenet_predictor("mobilenet_v3_small", weights, device="cpu")
    ranking = predictor.predict(tmp_path / "a.png")

    architecture = ZOO["mobilenet_v3_small"]
    image_CHW = architecture.eval_transform().build()(torch.from_numpy(pixels).permute(2, 0, 1))
    with torch.inference_mode():
        expected = model(image_CHW[None])[0].softmax(0)
    classes = architecture.classes()
    assert ranking[0][0] == classes[int(expected.argmax())]
    assert ranking[0][1] == pytest.approx(float(expected.max()), rel=0.02)
    assert len(ranking) == 1000
    assert sum(probability for _, probability in ranking) == pytest.approx(1, abs=1e-3)
    assert predictor.title.startswith("mobilenet_v3_small with ")
    assert predictor.engine.startswith("PyTorch with folded BatchNorm")
