"""Every network of timm is an architecture like those of the table: held for one of each family, with random values."""

from collections import Counter
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from tests.support.models import count_parameters
from tlcore.config import StrategyConfig, parse_config
from tlcore.errors import ConfigError, UnknownBackbone, WeightsError
from tlcore.explain import class_map
from tlcore.models.architecture import Architecture
from tlcore.models.build import build_model, rebuild_model
from tlcore.models.groups import group_of, layer_groups, never_trained, set_training_mode
from tlcore.models.imagenet import build_classifier
from tlcore.models.split import build_head, extract_features, main_and_auxiliary
from tlcore.models.zoo import architecture_of, find_architecture
from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec

FAMILIES = {
    "resnet10t": 64,
    "convnext_atto": 64,
    "regnetx_002": 64,
    "efficientnet_b0": 64,
    "tf_efficientnetv2_b0": 64,
    "mobilenetv3_small_050": 64,
    "mobilenetv4_conv_small_035": 64,
    "ghostnet_050": 64,
    "repvit_m0_9": 64,
    "levit_128s": 224,
    "vit_tiny_patch16_224": 64,
    "deit3_small_patch16_224": 64,
    "eva02_tiny_patch14_224": 56,
    "vit_small_patch14_dinov2": 56,
    "vit_small_patch14_reg4_dinov2": 56,
    "vit_small_patch16_dinov3": 64,
    "vit_base_patch32_siglip_256": 96,
    "swin_tiny_patch4_window7_224": 64,
    "maxvit_pico_rw_256": 64,
    "test_nfnet": 64,
    "inception_v3": 128,
    "caformer_s18": 64,
}
"""The smallest network of each family, and a small size of images for it, in px."""
GRAD_CAM_OR_CAM = {"CAM", "Grad-CAM"}


@dataclass(frozen=True)
class Built:
    architecture: Architecture
    model: nn.Module
    images_NCHW: torch.Tensor


@pytest.fixture(scope="module", params=FAMILIES)
def built(request: pytest.FixtureRequest) -> Built:
    """The network for 3 classes in evaluation mode, and two images. Its values are small and drawn quickly."""
    size_px = FAMILIES[request.param]
    architecture = find_architecture(f"timm:{request.param}").at_px(size_px)
    model = architecture.hollow(3)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("running_var"):
                tensor.fill_(1)
            elif tensor.is_floating_point():
                tensor.uniform_(-0.1, 0.1, generator=generator)
    return Built(architecture, model.eval(), torch.randn(2, 3, size_px, size_px, generator=generator))


def test_groups_hold_every_parameter_buffer_and_mode_exactly_once(built: Built) -> None:
    groups, model = built.architecture.groups, built.model
    modes_matter = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)
    parts = [name for name, _ in (*model.named_parameters(), *model.named_buffers())]
    parts += [
        name
        for name, module in model.named_modules()
        if isinstance(module, modes_matter) or type(module).__name__ == "DropPath"
    ]
    paths = [path for group in groups.values() for path in group]

    owners = Counter(part for part in parts for path in paths if part == path or part.startswith(f"{path}."))

    assert {part: owners[part] for part in parts if owners[part] != 1} == {}
    assert next(iter(groups)) == "stem"
    assert groups["head"] == (built.architecture.head,)
    assert 5 <= len(groups) <= 11
    assert sum(group.num_parameters for group in layer_groups(model, built.architecture)) == count_parameters(model)


def test_kept_features_through_the_head_equal_the_whole_network(built: Built) -> None:
    with torch.inference_mode():
        logits_NC = built.model(built.images_NCHW)
        features = extract_features(built.model, built.architecture, built.images_NCHW)
        assert logits_NC.shape == (2, 3)
        assert torch.isfinite(logits_NC).all()
        assert torch.equal(build_head(built.model, built.architecture)(features), logits_NC)


def test_a_map_shows_what_speaks_for_a_class(built: Built) -> None:
    found = class_map(built.model, built.architecture, built.images_NCHW[0], 1)
    assert found.method in GRAD_CAM_OR_CAM
    assert found.values_HW.shape == built.images_NCHW.shape[2:]
    assert min(found.cells) > 1


def test_a_checkpoint_gives_the_same_network_again(built: Built) -> None:
    """What is in no state_dict, such as indices of positions, must be there too."""
    values = {name: value.clone() for name, value in built.model.state_dict().items()}
    again = rebuild_model(built.architecture, "pretrained", 3, values).eval()
    with torch.inference_mode():
        assert torch.equal(again(built.images_NCHW), built.model(built.images_NCHW))


def test_a_step_of_fine_tuning_changes_all_groups_after_the_last_frozen_one(built: Built) -> None:
    """The last test of a network, because it changes it."""
    architecture, model = built.architecture, built.model
    frozen = never_trained(architecture, StrategyConfig(name="fine_tuning", freeze_up_to=architecture.group_names[1]))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    set_training_mode(model, architecture, frozen)
    optimizer = torch.optim.SGD([each for each in model.parameters() if each.requires_grad], lr=0.1)

    logits_NC, auxiliary = main_and_auxiliary(model(built.images_NCHW))
    nn.functional.cross_entropy(logits_NC, torch.tensor([0, 1])).backward()
    optimizer.step()

    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    learning = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert auxiliary == ()
    assert {group_of(architecture, name) for name in changed} <= set(architecture.group_names[2:])
    assert {group_of(architecture, name) for name in learning} == set(architecture.group_names[2:])
    set_training_mode(model, architecture, architecture.group_names[:-1])
    assert {path for path, module in model.named_modules() if module.training} == {architecture.head}


def _transform(name: str) -> TransformSpec:
    return find_architecture(name).eval_transform()


def test_the_transform_is_that_of_timms_configuration() -> None:
    resnet = _transform("timm:resnet50.a1_in1k")
    assert resnet.operations == (Resize(size=235, interpolation="bicubic"), CenterCrop(size=224))
    inception = _transform("timm:inception_v3.tf_in1k")
    assert (inception.operations[-1], inception.mean) == (CenterCrop(size=299), (0.5, 0.5, 0.5))
    squashed = _transform("timm:dm_nfnet_f0.dm_in1k")
    assert squashed.operations[0] == Resize(size=(213, 213), interpolation="bicubic")


def test_a_network_of_518_px_is_made_for_224_unless_its_name_states_its_size() -> None:
    assert find_architecture("timm:vit_small_patch14_dinov2.lvd142m").input_px == 224
    assert find_architecture("timm:vit_base_patch16_siglip_512").input_px == 512
    assert find_architecture("timm:vit_base_patch16_siglip_384").input_px == 384


def test_position_embeddings_are_resampled_for_the_size_of_the_run(tmp_path) -> None:
    published = find_architecture("timm:test_vit").hollow(1000)  # made for 160 px
    torch.manual_seed(0)
    values = {name: torch.randn_like(value) for name, value in published.state_dict().items()}
    torch.save(values, tmp_path / "weights.pth")
    config = parse_config(
        {
            "model": {"backbone": "timm:test_vit", "weights": str(tmp_path / "weights.pth")},
            "eval_transform": {"operations": [{"op": "Resize", "size": 64}, {"op": "CenterCrop", "size": 64}]},
        }
    )

    model = build_model(architecture_of(config), str(tmp_path / "weights.pth"), 3)

    assert values["pos_embed"].shape[1] > model.state_dict()["pos_embed"].shape[1] == 16 + 1
    assert torch.equal(model.state_dict()["blocks.0.attn.qkv.weight"], values["blocks.0.attn.qkv.weight"])


def test_a_size_that_cannot_be_is_refused_in_words() -> None:
    with pytest.raises(ConfigError, match=r"timm:maxvit_pico_rw_256 cannot take images of 100 px: .* size is 256 px"):
        find_architecture("timm:maxvit_pico_rw_256").at_px(100)
    sized = find_architecture("timm:vit_tiny_patch16_224").at_px(64)
    sized.check_input_px(64)
    with pytest.raises(ConfigError, match=r"cannot take images of 96 px"):
        sized.check_input_px(96)
    assert find_architecture("timm:resnet10t").at_px(96) is find_architecture("timm:resnet10t")


def test_a_second_head_that_learned_from_a_teacher_is_left_out_and_its_trunk_is_kept(tmp_path) -> None:
    import timm

    for name, norm in (("levit_128s", "head.bn"), ("repvit_m0_9", "head.head.bn")):
        with torch.random.fork_rng():
            torch.manual_seed(1)
            theirs = timm.create_model(name)
        file = tmp_path / f"{name}.pth"
        nn.init.uniform_(theirs.get_submodule(norm).weight)
        torch.save(theirs.state_dict(), file)
        model = build_model(f"timm:{name}", str(file), 3)
        values = theirs.state_dict()
        assert not [key for key in model.state_dict() if "dist" in key]
        head = f"{find_architecture(f'timm:{name}').head}."
        kept = {key: value for key, value in model.state_dict().items() if not key.startswith(head)}
        assert [key for key, value in kept.items() if not torch.equal(value, values[key])] == []


@pytest.mark.parametrize("name", ["deit_tiny_distilled_patch16_224", "crossvit_tiny_240", "volo_d1_224"])
def test_networks_with_several_heads_are_refused_by_name(name: str) -> None:
    with pytest.raises(UnknownBackbone, match=rf"timm:{name} cannot be used here: .* several heads"):
        assert find_architecture(f"timm:{name}").groups


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(UnknownBackbone, match=r"No network .* is named 'mobilenetv4_small'.*mobilenetv4_conv_small"):
        find_architecture("timm:mobilenetv4_small")
    with pytest.raises(UnknownBackbone, match=r"is named 'resnet50.no_such_tag'"):
        find_architecture("timm:resnet50.no_such_tag")
    with pytest.raises(UnknownBackbone, match=r"as `timm:NAME`"):
        find_architecture("resnet50.a1_in1k")


@pytest.mark.parametrize(
    ("name", "licence"),
    [
        ("resnet50.a1_in1k", "Apache-2.0"),
        ("convnext_tiny.fb_in22k", "Apache-2.0"),
        ("convnextv2_tiny.fcmae", "cc-by-nc-4.0 (not for commercial use)"),
        ("vit_small_patch16_dinov3.lvd1689m", "dinov3-license (read its terms before commercial use)"),
        ("resnet50.bamboo", "unknown (not known to allow commercial use)"),
    ],
)
def test_licences_say_what_is_not_free_for_commercial_use(name: str, licence: str) -> None:
    found = find_architecture(f"timm:{name}").licence()
    assert found is not None
    assert found.short == licence


def test_without_a_network_one_error_names_repository_file_place_and_what_is_at_hand(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError) as caught:
        build_model("timm:resnet50.a1_in1k", "pretrained", 2)
    message = str(caught.value)
    for part in (
        "HF_HUB_OFFLINE is set",
        "the file model.safetensors of the repository timm/resnet50.a1_in1k",
        "give its path as the weights",
        f"copy models--timm--resnet50.a1_in1k from that machine's cache into {tmp_path / 'hub'}",
        "On this machine now: ",
    ):
        assert part in message
    assert "HF_HOME" in caught.value.cli


def test_pretrained_weights_are_read_from_the_cache_of_the_hub(monkeypatch, tmp_path) -> None:
    from safetensors.torch import save_file

    from tlcore.models.hub import HubWeights

    torch.manual_seed(0)
    hollow = find_architecture("timm:test_resnet").hollow(1000)
    values = {
        name: torch.rand_like(value) if value.is_floating_point() else torch.zeros_like(value)
        for name, value in hollow.state_dict().items()
    }
    save_file(values, tmp_path / "model.safetensors")
    monkeypatch.setattr(HubWeights, "file_here", lambda self: tmp_path / "model.safetensors")

    model = build_model("timm:test_resnet.r160_in1k", "pretrained", 3)
    classifier = build_classifier("timm:test_resnet.r160_in1k")

    assert torch.equal(model.state_dict()["conv1.0.weight"], values["conv1.0.weight"])
    assert torch.equal(classifier.state_dict()["fc.weight"], values["fc.weight"])
    assert len(find_architecture("timm:test_resnet.r160_in1k").classes()) == 1000


def test_files_that_do_not_fit_are_refused_with_the_keys(tmp_path) -> None:
    hollow = find_architecture("timm:test_resnet").hollow(5)
    values = {name: torch.zeros_like(value) for name, value in hollow.state_dict().items()}
    torch.save(
        {name: value for name, value in values.items() if name != "layer1.0.conv1.weight"}, tmp_path / "less.pth"
    )
    with pytest.raises(WeightsError, match=r"less.pth do not fit timm:test_resnet. .*Missing.*layer1.0.conv1.weight"):
        build_model("timm:test_resnet", str(tmp_path / "less.pth"), 3)
    torch.save({**values, "bn1.weight": torch.full_like(values["bn1.weight"], torch.nan)}, tmp_path / "nan.pth")
    with pytest.raises(WeightsError, match=r"nan.pth cannot be used: bn1.weight holds values that are no numbers"):
        build_model("timm:test_resnet", str(tmp_path / "nan.pth"), 3)
    with pytest.raises(WeightsError, match=r"No weights 'imagenet' for timm:test_resnet"):
        build_model("timm:test_resnet", "imagenet", 3)


@pytest.mark.parametrize("headless", [True, False])
def test_a_file_may_have_a_head_for_other_classes_or_none(headless: bool, tmp_path) -> None:
    hollow = find_architecture("timm:test_resnet").hollow(5)
    values = {name: torch.ones_like(value) for name, value in hollow.state_dict().items()}
    if headless:
        values = {name: value for name, value in values.items() if not name.startswith("fc.")}
    torch.save(values, tmp_path / "own.pth")
    model = build_model("timm:test_resnet", str(tmp_path / "own.pth"), 3)
    assert torch.equal(model.state_dict()["layer1.0.conv1.weight"], values["layer1.0.conv1.weight"])
    assert model.get_submodule("fc").out_features == 3


def test_random_networks_depend_on_the_seed_alone() -> None:
    torch.manual_seed(0)
    first = build_model("timm:test_resnet", "none", 3, seed=7).state_dict()
    torch.manual_seed(1)
    second = build_model("timm:test_resnet", "none", 3, seed=7).state_dict()
    other = build_model("timm:test_resnet", "none", 3, seed=8).state_dict()
    assert all(torch.equal(value, second[name]) for name, value in first.items())
    assert not torch.equal(first["fc.weight"], other["fc.weight"])
