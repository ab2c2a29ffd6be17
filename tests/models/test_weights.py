import pickle
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import densenet121, googlenet, inception_v3, mnasnet1_0, resnet18, resnet34

from tlcore.errors import WeightsError
from tlcore.models.build import build_model
from tlcore.models.weights import load_weights, weights_file
from tlcore.models.zoo import ZOO


class _RunsCode:
    """Like a hostile pickle, it calls a function while it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("code was run",))


@pytest.fixture(scope="module")
def resnet_state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    state = resnet18(num_classes=5).state_dict()
    return {name: torch.randn_like(tensor) if tensor.is_floating_point() else tensor for name, tensor in state.items()}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty torch home, and downloads that fail. Returns the folder that torchvision looks into."""

    def fail(*_: object, **__: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    return tmp_path / "hub" / "checkpoints"


def _assert_trunk_is_loaded(model: nn.Module, state: dict[str, torch.Tensor]) -> None:
    built = model.state_dict()
    trunk = [name for name in built if not name.startswith("fc.") and not name.endswith("num_batches_tracked")]
    assert all(torch.equal(built[name], state[name]) for name in trunk)


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".PTH"])
def test_state_dict_file_is_loaded_and_the_head_is_new(
    suffix: str, tmp_path: Path, resnet_state: dict[str, torch.Tensor]
) -> None:
    path = tmp_path / f"weights{suffix}"
    torch.save(resnet_state, path)
    model = build_model("resnet18", str(path), num_classes=5)

    _assert_trunk_is_loaded(model, resnet_state)
    assert not torch.equal(model.state_dict()["fc.weight"], resnet_state["fc.weight"])
    assert all(p.dtype == torch.float32 and p.requires_grad and not p.is_meta for p in model.parameters())


def test_safetensors_file_is_loaded(tmp_path: Path, resnet_state: dict[str, torch.Tensor]) -> None:
    save_file(resnet_state, tmp_path / "weights.safetensors")
    model = build_model("resnet18", str(tmp_path / "weights.safetensors"), num_classes=2)
    _assert_trunk_is_loaded(model, resnet_state)


def test_safetensors_file_needs_no_metadata_of_torch(tmp_path: Path) -> None:
    """mnasnet refuses to load a state_dict without a version."""
    state = mnasnet1_0().state_dict()
    save_file(dict(state), tmp_path / "weights.safetensors")
    built = build_model("mnasnet1_0", str(tmp_path / "weights.safetensors"), num_classes=2).state_dict()
    assert torch.equal(built["layers.0.weight"], state["layers.0.weight"])


def test_half_precision_file_is_loaded_as_float32(tmp_path: Path, resnet_state: dict[str, torch.Tensor]) -> None:
    torch.save({name: tensor.half() for name, tensor in resnet_state.items()}, tmp_path / "half.pth")
    model = build_model("resnet18", str(tmp_path / "half.pth"), num_classes=2)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


@pytest.mark.parametrize("wrapper", ["state_dict", "model_state_dict", "model"])
def test_state_dict_inside_a_training_checkpoint_is_found(
    wrapper: str, tmp_path: Path, resnet_state: dict[str, torch.Tensor]
) -> None:
    torch.save({"epoch": 3, wrapper: resnet_state, "optimizer": {"lr": 0.1}}, tmp_path / "checkpoint.pth")
    _assert_trunk_is_loaded(build_model("resnet18", str(tmp_path / "checkpoint.pth"), 2), resnet_state)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_prefixes_of_wrapped_models_are_dropped(
    prefix: str, tmp_path: Path, resnet_state: dict[str, torch.Tensor]
) -> None:
    torch.save({f"{prefix}{name}": tensor for name, tensor in resnet_state.items()}, tmp_path / "wrapped.pth")
    _assert_trunk_is_loaded(build_model("resnet18", str(tmp_path / "wrapped.pth"), 2), resnet_state)


def test_file_without_head_or_with_another_head_is_accepted(
    tmp_path: Path, resnet_state: dict[str, torch.Tensor]
) -> None:
    trunk = {name: tensor for name, tensor in resnet_state.items() if not name.startswith("fc.")}
    for head in ({}, {"fc.1.weight": torch.zeros(9, 512), "fc.4.bias": torch.zeros(3)}):
        torch.save({**trunk, **head}, tmp_path / "trunk.pth")
        _assert_trunk_is_loaded(build_model("resnet18", str(tmp_path / "trunk.pth"), 2), resnet_state)


def test_missing_batch_counters_start_at_zero(tmp_path: Path, resnet_state: dict[str, torch.Tensor]) -> None:
    state = {name: tensor for name, tensor in resnet_state.items() if not name.endswith("num_batches_tracked")}
    torch.save(state, tmp_path / "old.pth")
    model = build_model("resnet18", str(tmp_path / "old.pth"), 2)
    assert model.state_dict()["bn1.num_batches_tracked"] == 0


def test_old_densenet_keys_are_understood(tmp_path: Path) -> None:
    state = densenet121(num_classes=3).state_dict()
    old = {
        name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2.") if "denselayer" in name else name: tensor
        for name, tensor in state.items()
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    torch.save(old, tmp_path / "old.pth")
    built = build_model("densenet121", str(tmp_path / "old.pth"), 2).state_dict()
    name = "features.denseblock2.denselayer3.conv2.weight"
    assert torch.equal(built[name], state[name])


@pytest.mark.parametrize(("name", "builder"), [("googlenet", googlenet), ("inception_v3", inception_v3)])
def test_loaded_weights_get_the_input_scaling_they_were_trained_with(name: str, builder, tmp_path: Path) -> None:
    torch.save(builder(init_weights=False).state_dict(), tmp_path / "weights.pth")
    assert build_model(name, str(tmp_path / "weights.pth"), 2).transform_input
    assert not build_model(name, "none", 2).transform_input


def test_missing_auxiliary_classifiers_are_initialised(tmp_path: Path) -> None:
    torch.save(googlenet(aux_logits=False, init_weights=False).state_dict(), tmp_path / "weights.pth")
    first, second = (build_model("googlenet", str(tmp_path / "weights.pth"), 2).state_dict() for _ in range(2))
    assert first["aux1.fc1.weight"].std() > 0
    assert torch.equal(first["aux1.conv.bn.weight"], torch.ones(128))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_weights_of_another_architecture_are_explained_and_their_own_is_named(tmp_path: Path) -> None:
    torch.save(resnet34().state_dict(), tmp_path / "r34.pth")
    with pytest.raises(WeightsError) as error:
        build_model("resnet18", str(tmp_path / "r34.pth"), 2)
    message = str(error.value)
    assert f"The weights in {tmp_path / 'r34.pth'} do not fit resnet18" in message
    assert "unexpected (96): layer1.2.conv1.weight" in message
    assert "missing" not in message
    assert "They fit resnet34: choose that backbone" in message


def test_missing_keys_and_shapes_are_named(tmp_path: Path, resnet_state: dict[str, torch.Tensor]) -> None:
    state = {**resnet_state, "conv1.weight": torch.zeros(64, 1, 7, 7)}
    del state["layer1.0.conv1.weight"], state["bn1.running_var"]
    torch.save(state, tmp_path / "gray.pth")
    with pytest.raises(WeightsError) as error:
        build_model("resnet18", str(tmp_path / "gray.pth"), 2)
    message = str(error.value)
    assert "missing (2): bn1.running_var, layer1.0.conv1.weight" in message
    assert "of another shape (1): conv1.weight (64, 1, 7, 7) instead of (64, 3, 7, 7)" in message
    assert "They fit no backbone of the zoo" in message


def test_pickle_that_runs_code_is_refused_and_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"weight": _RunsCode()}, tmp_path / "hostile.pth")
    with pytest.raises(WeightsError, match=r"holds more than tensors \(.*print\).*is not opened") as error:
        build_model("resnet18", str(tmp_path / "hostile.pth"), 2)
    assert "torch.save(model.state_dict(), path)" in str(error.value)
    assert "code was run" not in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_plain_pickle_that_runs_code_is_refused_and_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hostile.pth").write_bytes(pickle.dumps(_RunsCode()))
    with pytest.raises(WeightsError):
        build_model("resnet18", str(tmp_path / "hostile.pth"), 2)
    assert "code was run" not in capsys.readouterr().out


def test_whole_pickled_model_is_refused_with_advice(tmp_path: Path) -> None:
    torch.save(nn.Sequential(nn.Linear(2, 2)), tmp_path / "model.pth")
    with pytest.raises(WeightsError, match=r"perhaps a whole pickled model.*Save the state_dict alone"):
        build_model("resnet18", str(tmp_path / "model.pth"), 2)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("damage", [b"not weights at all", b"\x00" * 64])
def test_damaged_file_is_refused(suffix: str, damage: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(damage)
    with pytest.raises(WeightsError, match=r"is damaged or no .* file.*opy or download it again"):
        build_model("resnet18", str(path), 2)


def test_truncated_file_is_refused(tmp_path: Path, resnet_state: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "truncated.pth"
    torch.save(resnet_state, path)
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(WeightsError, match=r"truncated\.pth is damaged or no PyTorch file: its end is missing"):
        build_model("resnet18", str(path), 2)


@pytest.mark.parametrize("content", [{"epoch": 3, "names": ["a"]}, [torch.zeros(2)], {}, torch.zeros(3)])
def test_file_without_a_state_dict_is_refused(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=r"does not hold a state_dict: expected tensors by name.*'model_state_dict'"):
        build_model("resnet18", str(tmp_path / "other.pth"), 2)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"No weights file at .*nowhere\.pth"):
        build_model("resnet18", str(tmp_path / "nowhere.pth"), 2)


@pytest.mark.parametrize("weights", ["imagnet", "weights.zip", ""])
def test_an_unknown_weights_name_is_answered_with_the_choices(weights: str) -> None:
    with pytest.raises(
        WeightsError, match=r"expected `imagenet`, `imagenet:NAME`, `pretrained`, `none`, or a file that ends in .pth"
    ):
        build_model("resnet18", weights, 2)


def test_without_network_the_error_names_file_folder_and_alternatives(no_network: Path) -> None:
    with pytest.raises(WeightsError) as error:
        build_model("mobilenet_v2", "imagenet", 2)
    message = str(error.value)
    assert "ImageNet weights of mobilenet_v2 are not on this machine, and could not be downloaded" in message
    assert "Name or service not known" in message
    assert "Get mobilenet_v2-b0353104.pth from https://download.pytorch.org/models/mobilenet_v2-b0353104.pth" in message
    assert f"put it into {no_network}; or choose a file of your own" in message
    assert "--weights" not in message
    assert "`--weights FILE`" in error.value.cli
    assert "`--weights none`" in error.value.cli


def test_imagenet_weights_are_read_from_the_cache(no_network: Path, resnet_state: dict[str, torch.Tensor]) -> None:
    no_network.mkdir(parents=True)
    torch.save(resnet_state, no_network / "resnet18-f37072fd.pth")
    _assert_trunk_is_loaded(build_model("resnet18", "imagenet", 2), resnet_state)


def test_named_imagenet_weights_have_their_own_file(no_network: Path) -> None:
    assert weights_file(ZOO["resnet50"], "imagenet") == no_network / "resnet50-0676ba61.pth"
    assert weights_file(ZOO["resnet50"], "imagenet:IMAGENET1K_V2") == no_network / "resnet50-11ad3fa6.pth"
    assert weights_file(ZOO["resnet50"], "none") is None


def test_damaged_file_in_the_cache_is_named(no_network: Path) -> None:
    no_network.mkdir(parents=True)
    (no_network / "resnet18-f37072fd.pth").write_bytes(b"half a download")
    with pytest.raises(WeightsError, match=r"resnet18-f37072fd\.pth is damaged.*Delete it"):
        build_model("resnet18", "imagenet", 2)


def test_download_with_another_hash_is_refused(no_network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: object, **__: object) -> None:
        raise RuntimeError('invalid hash value (expected "f37072fd", got "00")')

    monkeypatch.setattr(torch.hub, "download_url_to_file", wrong)
    with pytest.raises(WeightsError, match="could not be downloaded: invalid hash value"):
        build_model("resnet18", "imagenet", 2)


def test_hash_of_a_download_is_checked(no_network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def record(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
        asked.append(hash_prefix)
        raise URLError("offline")

    monkeypatch.setattr(torch.hub, "download_url_to_file", record)
    with pytest.raises(WeightsError):
        load_weights(ZOO["resnet18"], "imagenet")
    assert asked == ["f37072fd"]


def test_imagenet_weights_that_do_not_exist_are_refused() -> None:
    with pytest.raises(
        WeightsError, match=r"There are no published weights for small_cnn. Choose a file of your own, `none`"
    ):
        build_model("small_cnn", "imagenet", 2)
    with pytest.raises(WeightsError, match=r"No weights 'imagenet:V9' for resnet50.*IMAGENET1K_V2"):
        build_model("resnet50", "imagenet:V9", 2)
