import io

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from torchvision.models import get_model

import tlcore
from tests.support.pages import figures_of, open_page as open_any_page, pictures, run, text_of as words_of
from tests.support.visitors import visit
from tlcore.data.pixels.decoded import Decoded
from tlcore.errors import ModelError
from tlcore.models.packaged import PackagedWeights
from tlcore.models.weights import weights_file
from tlcore.models.zoo import ZOO
from tlcore.transforms.spec import TransformSpec
from ui.predict.answers import Map, overlay
from ui.shared.image_picker import PickedImage, _fit

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def train(configure):
    return lambda **changes: tlcore.train(configure(**changes))


@pytest.fixture
def added(colours, home):
    """`colours`, under the data root."""
    (home / "datasets").mkdir(parents=True)
    return colours.rename(home / "datasets" / "colours")


def open_page(source="demo", **params):
    return open_any_page("predict", dataset=str(source), **params)


def text_of(page):
    """With an ordinary space before the percent sign."""
    return words_of(page).replace("\u202f", " ")


def bars(page):
    (chart,) = figures_of(page)
    return chart


def test_without_a_run_the_page_says_what_to_do_next():
    page = open_page()
    assert "There is no trained model yet." in text_of(page)
    assert [button.label for button in page.button if button.key == "predict_train"] == ["Train the first one"]
    assert not page.get("plotly_chart")


def test_a_run_names_the_class_of_an_image_with_a_map(train, configure, added):
    trained = train(data={"source": str(added)}, strategy={"name": "from_scratch"}, epochs=8)
    page = open_page(added, run=trained.name, image="test/green/001.png")
    text = text_of(page)
    assert "#### green · " in text
    assert "right" in text
    assert "CAM of 4 × 4 cells" in text
    assert set(bars(page)["layout"]["yaxis"]["ticktext"]) == {"blue", "green"}
    assert len(page.get("image")) == 2  # the image, and the map on it


def test_the_newest_run_of_the_chosen_dataset_is_asked(train, added, make_images, home):
    other = make_images("other", seed=3, train=9, val=5).rename(home / "datasets/other")
    mine = train(data={"source": str(added)}, epochs=1)
    theirs = train(data={"source": str(other)}, epochs=1)
    page = open_page(added)
    assert page.selectbox("predict_run").value == mine.name
    assert "This run was trained on" not in text_of(page)
    page.selectbox("shell_dataset").set_value(str(other))
    assert run(page).selectbox("predict_run").value == theirs.name


def test_a_run_of_another_dataset_says_so_and_is_not_judged(train, added, make_images, home):
    other = make_images("other", seed=3, train=9, val=5).rename(home / "datasets/other")
    theirs = train(data={"source": str(other)}, epochs=1)
    page = open_page(added, run=theirs.name, image="test/green/001.png")
    assert "This run was trained on **other**, not on colours" in text_of(page)
    assert "badge" not in text_of(page)


def test_images_are_picked_by_thumbnails(train, added):
    trained = train(data={"source": str(added)}, epochs=1)
    page = open_page(added, run=trained.name, image="test/green/001.png")
    assert len(page.get("bidi_component")) == 1
    shown = pictures(page)
    assert len(shown) == 12
    assert [picture["id"] for picture in shown if picture["chosen"]] == ["test/green/001.png"]
    assert all(picture["source"] for picture in shown)


def test_the_caption_has_the_size_of_the_file_not_of_what_is_kept_of_it():
    decoded = _fit(Decoded(Image.new("L", (13_000, 10)).convert("RGB"), "PNG", False, 0))
    assert decoded.size_words == "13000 × 10 px, used at 1 : 3"
    assert decoded.pixels_HWC.shape[1] <= 6000


def test_a_recipe_that_asks_a_network_brings_its_transform(added, tmp_path):
    file = weights_file(ZOO["vgg16"], "imagenet")
    file.parent.mkdir(parents=True)
    file.touch()
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ui.predict.models.ModelRef.load", lambda self: asked.append(self) or _Nothing())
        page = open_page(added, predict_kind="imagenet", predict_recipe="imagenet-predict")
    assert page.selectbox("predict_backbone").value == "vgg16"
    assert "transform of the recipe “Ask a network what it sees”: Resize, CenterCrop" in text_of(page)
    assert '"size":224' in asked[0].transform


class _Nothing:
    """A predictor that fails."""

    classes = ()
    transform = TransformSpec(operations=())

    def scores(self, images_CHW):
        raise ModelError("not asked in this test")


def test_two_epochs_stand_beside_each_other_and_the_class_of_the_map_can_be_chosen(train, added):
    trained = train(data={"source": str(added)})
    page = open_page(added, run=trained.name, image="test/blue/001.png")
    page.selectbox(f"predict_epoch_{trained.name}").set_value(3)
    run(page)
    page.selectbox(f"predict_beside_{trained.name}").set_value(0)
    run(page)
    assert [trace["name"] for trace in bars(page)["data"]] == ["epoch 3", "epoch 0"]
    assert len(page.get("image")) == 3
    page.selectbox("predict_target_2").set_value(1)
    assert "CAM of 4 × 4 cells" in text_of(run(page))


def test_a_wrong_prediction_names_the_true_class(train, added):
    trained = train(data={"source": str(added)}, strategy={"name": "from_scratch"}, epochs=8)
    for image in ("blue", "green"):  # a green image with the label blue is predicted wrongly, and vice versa
        other = "green" if image == "blue" else "blue"
        (added / "test" / image / "odd.png").write_bytes((added / "test" / other / "001.png").read_bytes())
    st.cache_resource.clear()
    text = text_of(open_page(added, run=trained.name, image="test/blue/odd.png"))
    assert "wrong: it is blue, which got " in text


def test_an_upload_is_predicted_whatever_it_is(train, added):
    trained = train(data={"source": str(added)})
    page = open_page(added, run=trained.name)
    page.button_group("predict_origin").set_value("upload")
    run(page)
    for mode, kind in (("CMYK", "JPEG"), ("I;16", "PNG"), ("P", "GIF")):
        file = io.BytesIO()
        frames = {"save_all": True, "append_images": [Image.new(mode, (30, 20), 1)]} if kind == "GIF" else {}
        Image.new(mode, (30, 20)).save(file, kind, **frames)
        page.file_uploader("predict_upload").set_value((f"a.{kind.lower()}", file.getvalue(), "image/png"))
        assert "####" in text_of(run(page))
    page.file_uploader("predict_upload").set_value(("a.png", file.getvalue()[:30], "image/png"))
    assert "This image cannot be used" in text_of(run(page))
    assert not page.get("plotly_chart")


def test_a_damaged_checkpoint_is_reported(train, added):
    trained = train(data={"source": str(added)})
    for path in trained.checkpoints.glob("epoch-*.pt"):
        path.write_bytes(b"nothing")
    page = open_page(added, run=trained.name)
    assert "is damaged and cannot be read" in text_of(page)


def test_imagenet_classes_with_weights_of_this_machine(added):
    torch.manual_seed(0)
    file = weights_file(ZOO["mobilenet_v3_small"], "imagenet")
    file.parent.mkdir(parents=True)
    torch.save(get_model("mobilenet_v3_small", weights=None).state_dict(), file)
    page = open_page(added)
    page.button_group("predict_kind").set_value("imagenet")
    run(page)
    page.selectbox("predict_backbone").set_value("mobilenet_v3_small")
    run(page)
    assert "Grad-CAM of 7 × 7 cells" in text_of(page)
    assert len(bars(page)["layout"]["yaxis"]["ticktext"]) == 5


def test_imagenet_classes_need_no_download(added):
    page = open_page(added)
    page.button_group("predict_kind").set_value("imagenet")
    run(page)
    assert page.selectbox("predict_backbone").value == "efficientnet_lite0"
    assert len(bars(page)["layout"]["yaxis"]["ticktext"]) == 5


@pytest.fixture
def without_packaged_weights(monkeypatch, tmp_path):
    """As if the package with the weights of `efficientnet_lite0` was not installed."""
    monkeypatch.setattr(PackagedWeights, "path", tmp_path / "not-installed.pth")
    st.cache_data.clear()


def test_imagenet_classes_with_a_custom_weights_file(added, tmp_path, without_packaged_weights):
    torch.manual_seed(0)
    torch.save(get_model("mobilenet_v3_small", weights=None).state_dict(), tmp_path / "own.pth")
    page = open_page(added)
    page.button_group("predict_kind").set_value("imagenet")
    run(page)
    assert not page.get("plotly_chart")  # no weights are here, and nothing is downloaded without a click
    page.selectbox("predict_backbone").set_value("mobilenet_v3_small")
    page.text_input("predict_weights").set_value(str(tmp_path / "own.pth"))
    run(page)
    assert len(bars(page)["layout"]["yaxis"]["ticktext"]) == 5


def test_a_hosted_dashboard_downloads_no_weights(added, monkeypatch, without_packaged_weights):
    visit(monkeypatch)
    page = open_page(added.name)
    page.button_group("predict_kind").set_value("imagenet")
    assert "No ImageNet weights are on this machine." in text_of(run(page))


def test_the_map_colours_the_image_and_strength_0_leaves_it_unchanged():
    pixels = np.full((40, 60, 3), (0, 200, 0), dtype=np.uint8)
    values = np.zeros((40, 60), dtype=np.uint8)
    values[10:20, 10:20] = 255
    whole = np.array([[0, 0], [59, 0], [59, 39], [0, 39]], dtype=float)
    found = Map(values, np.eye(3), whole, "CAM", (4, 4))
    image = PickedImage("a", "a", pixels.shape[:2], lambda: pixels)
    np.testing.assert_array_equal(overlay(image, found, 0.0), pixels)
    shown = np.asarray(overlay(image, found, 1.0)).astype(int)
    assert np.ptp(shown[30, 30]) == 0
    assert shown[15, 15, 0] > shown[15, 15, 2] + 100
