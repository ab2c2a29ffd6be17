"""The network in a file: found inside the dictionaries of scripts, converted to float32, with its classes."""

import json

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import resnet18

from tlcore.errors import WeightsError
from tlcore.models.build import build_model, model_of_file
from tlcore.models.saved_model import read_saved_model
from tlcore.models.zoo import ZOO

CNN = ZOO["small_cnn"]


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    return build_model("small_cnn", "none", 2, seed=5).state_dict()


def saved(tmp_path, content):
    torch.save(content, tmp_path / "file.pth")
    return read_saved_model(tmp_path / "file.pth")


def built(tmp_path, content, classes=("ants", "bees")) -> nn.Module:
    return model_of_file(CNN, "none", classes, saved(tmp_path, content), "file.pth")[0]


def same(model: nn.Module, state) -> bool:
    return all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def refused(tmp_path, content) -> str:
    with pytest.raises(WeightsError) as error:
        built(tmp_path, content)
    assert len(str(error.value)) < 700
    return str(error.value)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32_for_a_whole_network_and_for_its_trunk(tmp_path, state, dtype):
    model = built(tmp_path, {name: value.to(dtype) for name, value in state.items()})  # batch counters too
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, state[name], rtol=0.01, atol=0.01)
    assert model.eval()(torch.ones(1, 3, 32, 32)).shape == (1, 2)
    trunk = build_model("small_cnn", str(tmp_path / "file.pth"), 3)
    assert {parameter.dtype for parameter in trunk.parameters()} == {torch.float32}


NAME = "classifier.1.weight"
BAD = {
    "is on the meta device": lambda value: value.to("meta"),
    "is sparse (torch.sparse_coo)": lambda value: value.to_sparse(),
    "holds complex numbers (torch.complex64)": lambda value: value.to(torch.complex64),
    "is quantised": lambda value: torch.quantize_per_tensor(value, 0.1, 0, torch.qint8),
    "claims the shape (2, 128), and the file holds fewer values": lambda value: torch.zeros(1).expand(2, 128),
    "holds whole numbers (torch.int8) in place of weights": lambda value: value.to(torch.int8),
    "holds values that are no numbers": lambda value: value * float("nan"),
}


@pytest.mark.filterwarnings("ignore")  # quantised tensors are deprecated
@pytest.mark.parametrize("words", BAD)
def test_a_tensor_that_is_of_no_use_is_named(tmp_path, state, words):
    message = refused(tmp_path, {**state, NAME: BAD[words](state[NAME])})
    assert f"{NAME} {words}" in message
    stem = "features.block1.0.weight"
    torch.save({**state, stem: BAD[words](state[stem])}, tmp_path / "file.pth")
    with pytest.raises(WeightsError) as error:  # also if only the trunk is taken
        build_model("small_cnn", str(tmp_path / "file.pth"), 2)
    assert f"{stem} {words.partition(' (2')[0]}" in str(error.value)


def test_a_replaced_head_may_contain_nan(tmp_path, state):
    torch.save({**state, NAME: state[NAME] * float("nan")}, tmp_path / "file.pth")
    assert torch.isfinite(build_model("small_cnn", str(tmp_path / "file.pth"), 2).state_dict()[NAME]).all()


@pytest.mark.parametrize("key", ["state_dict", "model_state_dict", "model", "net", "network"])
@pytest.mark.parametrize("prefix", ["", "module.", "model.", "backbone.", "net.", "module.model.", "_orig_mod.module."])
def test_wrappers_around_a_state_dict_are_removed(tmp_path, state, key, prefix):
    content = {"epoch": 3, key: {f"{prefix}{name}": value for name, value in state.items()}}
    assert same(built(tmp_path, content), state)
    assert same(built(tmp_path, content[key]), state)


def test_a_prefix_that_only_some_names_have_is_left(tmp_path, state):
    message = refused(tmp_path, {**{f"model.{name}": value for name, value in state.items()}, "other": torch.zeros(1)})
    assert "model.features.block1" in message
    assert " more" in message  # and does not list all of them


def test_the_trunk_of_a_network_of_fastai_is_taken(tmp_path):
    torch.manual_seed(0)
    network = resnet18()
    body = nn.Sequential(*list(network.children())[:-2])
    learner = nn.Sequential(body, nn.Sequential(nn.Flatten(), nn.Linear(512, 2)))
    torch.save({"model": learner.state_dict(), "opt": {}}, tmp_path / "learner.pth")
    model = build_model("resnet18", str(tmp_path / "learner.pth"), 2)
    assert torch.equal(model.layer3[1].conv2.weight, network.layer3[1].conv2.weight)
    with pytest.raises(WeightsError, match="The names are those of fastai, which has a head of its own"):
        model_of_file(ZOO["resnet18"], "none", ("a", "b"), read_saved_model(tmp_path / "learner.pth"), "learner.pth")


def test_a_state_dict_that_does_not_fit_is_reported_in_a_few_lines(tmp_path, state):
    message = refused(tmp_path, resnet18(num_classes=2).state_dict())
    assert "do not fit small_cnn with 2 classes. Keys" in message
    assert "conv1.weight, bn1.weight, bn1.bias, bn1.running_mean and 118 more" in message
    message = refused(tmp_path, build_model("small_cnn", "none", 5).state_dict())
    assert "Its head is for 5 classes, and this run has 2: choose weights for the same classes." in message


CLASSES = ("0", "1", "10", "11", "2")  # the order of sorted folders
SWAPPED = ("0", "1", "2", "10", "11")  # a possible order in a table


@pytest.fixture
def five() -> dict[str, torch.Tensor]:
    return build_model("small_cnn", "none", 5, seed=5).state_dict()


def swapped_files(tmp_path, five):
    index = {name: number for number, name in enumerate(SWAPPED)}
    torch.save({"model": five, "class_to_idx": index}, tmp_path / "indices.pth")
    torch.save({"model": five, "classes": list(SWAPPED)}, tmp_path / "names.pth")
    torch.save({"model": five, "class_names": SWAPPED}, tmp_path / "class_names.pth")
    save_file(five, tmp_path / "swapped.safetensors", {"classes": json.dumps(SWAPPED)})
    return [tmp_path / name for name in ("indices.pth", "names.pth", "class_names.pth", "swapped.safetensors")]


def test_a_head_with_the_classes_in_another_order_is_put_into_the_runs(tmp_path, five):
    images = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    theirs = build_model("small_cnn", "none", 5, seed=5).eval()(images)
    for path in swapped_files(tmp_path, five):
        model, notices = model_of_file(CNN, "none", CLASSES, read_saved_model(path), path.name)
        ours = model.eval()(images)
        for number, name in enumerate(CLASSES):
            torch.testing.assert_close(ours[:, number], theirs[:, SWAPPED.index(name)])
        assert notices == (
            f"{path.name} has the classes in another order: its head was put into the order of this run.",
        )
        assert model_of_file(CNN, "none", SWAPPED, read_saved_model(path), path.name)[1] == ()


def test_other_classes_are_refused(tmp_path, five):
    for path in swapped_files(tmp_path, five):
        with pytest.raises(WeightsError, match=r"is for the classes 0, 1, 2, 10, 11, and the run has 0, 1, 2, 3, 4"):
            model_of_file(CNN, "none", ("0", "1", "2", "3", "4"), read_saved_model(path), path.name)


@pytest.mark.parametrize(
    "beside",
    [
        {"classes": [1, 2]},
        {"classes": {}},
        {"class_to_idx": {"a": 3, "b": 9}},
        {"class_to_idx": {"a": [], "b": None}},
        {"class_to_idx": 3},
    ],
)
def test_other_lists_are_not_taken_for_class_names(tmp_path, state, beside):
    assert saved(tmp_path, {"model": state, **beside}).classes is None
