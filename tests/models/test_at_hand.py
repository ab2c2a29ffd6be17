import pytest
import torch
from safetensors.torch import save_file

from tlcore.models.at_hand import AtHand, at_hand_words, backbones_at_hand, weights_at_hand
from tlcore.models.hub import HubWeights
from tlcore.models.packaged import PackagedWeights


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty cache of the hub, in which `put` writes a file as the hub's client would."""
    folder = tmp_path / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder))

    def put(repository, name="model.safetensors"):
        place = folder / f"models--{repository.replace('/', '--')}"
        commit = "0" * 40
        (place / "refs").mkdir(parents=True)
        (place / "refs" / "main").write_text(commit)
        (place / "snapshots" / commit).mkdir(parents=True)
        file = place / "snapshots" / commit / name
        save_file({"a": torch.zeros(1)}, file)
        return file

    return put


@pytest.fixture
def torch_hub(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def test_packaged_weights_are_at_hand_where_pip_put_them(hub, torch_hub, tmp_path, monkeypatch):
    file = tmp_path / "packaged.pth"
    monkeypatch.setattr(PackagedWeights, "path", file)
    assert "efficientnet_lite0" not in backbones_at_hand()
    file.touch()
    assert weights_at_hand()[0] == AtHand("efficientnet_lite0", "imagenet", file)


def test_torchvisions_files_in_the_cache_of_torch_hub_are_at_hand(hub, torch_hub):
    (torch_hub / "mobilenet_v2-7ebf99e0.pth").touch()
    (torch_hub / "somebody_elses.pth").touch()
    assert (
        AtHand("mobilenet_v2", "imagenet:IMAGENET1K_V2", torch_hub / "mobilenet_v2-7ebf99e0.pth") in weights_at_hand()
    )
    assert "resnet18" not in backbones_at_hand()


def test_timms_files_in_the_cache_of_the_hub_are_at_hand(hub, torch_hub):
    file = hub("timm/resnet18.a1_in1k")
    hub("timm/resnet50.a1_in1k", "README.safetensors")  # the repository without its weights
    hub("somebody/else")
    timms = [each for each in weights_at_hand() if each.backbone.startswith("timm:")]
    assert timms == [AtHand("timm:resnet18.a1_in1k", "pretrained", file)]


def test_the_sentence_names_what_is_at_hand(hub, torch_hub, monkeypatch, tmp_path):
    monkeypatch.setattr("tlcore.models.at_hand.ZOO", {})
    assert at_hand_words() == "No backbone's weights are on this machine."
    hub("timm/vit_tiny_patch16_224.augreg_in21k")
    assert at_hand_words() == "On this machine now: timm:vit_tiny_patch16_224.augreg_in21k."


def test_the_second_name_of_a_file_is_found_too(hub):
    file = hub("timm/old", "pytorch_model.bin")
    assert HubWeights("timm/old").file_here() == file
    assert HubWeights("timm/new").file_here() is None


def test_weights_with_an_address_of_their_own_are_in_the_cache_of_torch_hub(torch_hub):
    weights = HubWeights(url="https://example.org/weights/net-1234.pth")
    assert weights.file_here() is None
    (torch_hub / "net-1234.pth").touch()
    assert weights.file_here() == torch_hub / "net-1234.pth"
    assert weights.page == "https://example.org/weights/net-1234.pth"
