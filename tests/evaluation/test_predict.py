import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import get_model

from tests.support.photographs import jpeg, photograph
from tlcore import evaluate, train
from tlcore.data.pixels.sources import FileSource
from tlcore.evaluation.predict import imagenet_predictor, load_predictor
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


@pytest.mark.parametrize("strategy", ["feature_extraction", "from_scratch"])
def test_a_run_evaluates_and_predicts_large_jpegs_as_its_own_transform_unpacks_them(configure, colours, strategy):
    for number, path in enumerate(sorted(colours.rglob("*.png"))):
        path.with_suffix(".jpg").write_bytes(jpeg(photograph(171, 131, seed=number)))
        path.unlink()
    view = {"operations": [{"op": "Resize", "size": 32}, {"op": "CenterCrop", "size": 28}]}
    stored = {}
    for decode in ("full", "reduced"):
        config = configure(eval_transform=view | {"decode": decode}, strategy={"name": strategy}, epochs=1)
        run = train(config)
        found = evaluate(run).predictions[1]
        stored[decode] = found.logits_NC
        predictor, source = load_predictor(run, 1), FileSource(colours)
        images_NCHW = torch.stack(
            [predictor.transform.build()(source.load(name, predictor.transform)) for name in found.sample_ids]
        )
        with torch.inference_mode():
            expected_NC = predictor.model(images_NCHW)
        torch.testing.assert_close(torch.from_numpy(found.logits_NC), expected_NC, rtol=1e-4, atol=1e-5)
        probabilities = dict(predictor.predict(colours / found.sample_ids[0]))
        assert [probabilities[name] for name in run.classes] == pytest.approx(
            expected_NC[0].softmax(0).tolist(), abs=1e-5
        )
    assert 0 < np.abs(stored["full"] - stored["reduced"]).max() < 0.1 * np.ptp(stored["full"])
