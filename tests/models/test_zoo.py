from collections import Counter

import pytest
import torch
from torch import nn
from torchvision.models import resnet101
from torchvision.ops import StochasticDepth

from tests.support.models import count_parameters
from tlcore.errors import ConfigError, UnknownBackbone, WeightsError
from tlcore.models.build import build_model
from tlcore.models.table import TableEntry
from tlcore.models.zoo import HEAD, ZOO, Architecture, find_architecture
from tlcore.transforms.spec import CenterCrop, Resize

REQUIRED = {
    "efficientnet_lite0",
    "resnet18",
    "resnet34",
    "resnet50",
    "alexnet",
    "vgg16",
    "vgg19",
    "squeezenet1_0",
    "squeezenet1_1",
    "densenet121",
    "densenet161",
    "inception_v3",
    "googlenet",
    "shufflenet_v2_x1_0",
    "mobilenet_v2",
    "mobilenet_v3_large",
    "mobilenet_v3_small",
    "resnext50_32x4d",
    "wide_resnet50_2",
    "mnasnet1_0",
    "efficientnet_b0",
    "convnext_tiny",
    "vit_b_16",
    "swin_t",
    "small_cnn",
    "cifar_cnn",
}

every_architecture = pytest.mark.parametrize("architecture", ZOO.values(), ids=list(ZOO))


def test_the_zoo_has_the_promised_architectures() -> None:
    assert set(ZOO) >= REQUIRED


def test_every_entry_is_listed_under_its_own_name() -> None:
    assert all(name == architecture.name for name, architecture in ZOO.items())


@every_architecture
def test_groups_and_auxiliary_classifiers_hold_every_part_of_the_network_exactly_once(
    architecture: Architecture,
) -> None:
    model = architecture.outline()
    modes_matter = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd, StochasticDepth)
    parts = [name for name, _ in (*model.named_parameters(), *model.named_buffers())]
    parts += [name for name, module in model.named_modules() if isinstance(module, modes_matter)]
    paths = [path for group in architecture.groups.values() for path in group] + list(architecture.aux_modules)

    owners = Counter(part for part in parts for path in paths if part == path or part.startswith(f"{path}."))

    assert {part: owners[part] for part in parts if owners[part] != 1} == {}


@every_architecture
def test_groups_are_few_and_end_with_the_head(architecture: Architecture) -> None:
    layers = sum(bool(list(module.parameters(recurse=False))) for module in architecture.outline().modules())
    assert min(4, layers) <= len(architecture.groups) <= 10
    assert architecture.group_names[-1] == HEAD
    assert architecture.head in architecture.groups[HEAD]


@every_architecture
def test_groups_stand_in_the_order_in_which_the_network_runs_them(architecture: Architecture) -> None:
    model = architecture.outline().eval()
    group_of = {path: name for name, paths in architecture.groups.items() for path in paths}
    ran: list[str] = []
    for path, module in model.named_modules():
        if path in group_of:
            module.register_forward_pre_hook(lambda *_, name=group_of[path]: ran.append(name))

    model(torch.empty(2, 3, architecture.input_px, architecture.input_px, device="meta"))

    assert list(dict.fromkeys(ran)) == list(architecture.group_names)
    assert ran == sorted(ran, key=architecture.group_names.index)


@every_architecture
def test_parameters_are_as_many_as_the_table_says(architecture: Architecture) -> None:
    model = architecture.outline()
    auxiliary = sum(count_parameters(model.get_submodule(path)) for path in architecture.aux_modules)

    # torchvision counts GoogLeNet without its auxiliary classifiers, and Inception with them
    assert architecture.num_parameters in (count_parameters(model), count_parameters(model) - auxiliary)


@every_architecture
def test_state_dict_holds_all_state(architecture: Architecture) -> None:
    """A buffer outside the state_dict would stay uninitialised when weights are loaded."""
    model = architecture.outline()
    assert {name for name, _ in model.named_buffers()} <= set(model.state_dict())


@every_architecture
def test_smallest_image_is_the_smallest_that_the_network_takes(architecture: Architecture) -> None:
    model = architecture.outline().eval()

    def run(size_px: int) -> torch.Tensor:
        logits_NC: torch.Tensor = model(torch.empty(2, 3, size_px, size_px, device="meta"))
        return logits_NC

    assert run(architecture.min_px).shape[0] == 2
    if architecture.min_px > 1:
        with pytest.raises((RuntimeError, AssertionError)):
            run(architecture.min_px - 1)


@pytest.mark.parametrize("name", ["inception_v3", "googlenet"])
def test_smallest_training_image_is_the_smallest_that_the_auxiliary_classifiers_take(name: str) -> None:
    model = ZOO[name].outline().train()
    size_px = ZOO[name].min_training_px
    model(torch.empty(2, 3, size_px, size_px, device="meta"))
    with pytest.raises(RuntimeError):
        model(torch.empty(2, 3, size_px - 1, size_px - 1, device="meta"))


def test_images_too_small_for_auxiliary_classifiers_are_refused_where_these_train() -> None:
    ZOO["inception_v3"].check_input_px(224)
    with pytest.raises(ConfigError, match=r"To train more than its head, inception_v3 needs images of at least 299 px"):
        ZOO["inception_v3"].check_input_px(224, trunk_trains=True)


def test_too_small_images_are_refused() -> None:
    ZOO["inception_v3"].check_input_px(75)
    with pytest.raises(ConfigError, match="inception_v3 needs images of at least 75 px, and the transform delivers 64"):
        ZOO["inception_v3"].check_input_px(64)


def test_a_vision_transformer_takes_one_size_only() -> None:
    ZOO["vit_b_16"].check_input_px(224)
    with pytest.raises(ConfigError, match="vit_b_16 needs images of exactly 224 px"):
        ZOO["vit_b_16"].check_input_px(256)


def test_unknown_backbone_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UnknownBackbone, match=r"No backbone named 'resnet8'. Did you mean 'resnet18'\? Choose one of:"):
        find_architecture("resnet8")


@pytest.mark.parametrize(
    ("name", "weights", "resize_px", "crop_px", "interpolation"),
    [
        ("mobilenet_v2", "imagenet", 256, 224, "bilinear"),
        ("mobilenet_v2", "imagenet:IMAGENET1K_V2", 232, 224, "bilinear"),
        ("mobilenet_v2", "IMAGENET1K_V2", 256, 224, "bilinear"),  # a file that is called so
        ("mobilenet_v2", "some/file.pth", 256, 224, "bilinear"),
        ("mobilenet_v2", None, 256, 224, "bilinear"),
        ("inception_v3", "imagenet", 342, 299, "bilinear"),
        ("vit_b_16", "imagenet:IMAGENET1K_SWAG_LINEAR_V1", 224, 224, "bicubic"),
        ("small_cnn", None, 32, 32, "bilinear"),
        ("efficientnet_lite0", "imagenet", 256, 224, "bicubic"),
        ("efficientnet_b0", "none", 256, 224, "bicubic"),
        ("small_cnn", "none", 32, 32, "bilinear"),
    ],
)
def test_evaluation_transform_belongs_to_the_weights(
    name: str, weights: str | None, resize_px: int, crop_px: int, interpolation: str
) -> None:
    transform = ZOO[name].eval_transform(weights)

    assert transform.operations == (Resize(size=resize_px, interpolation=interpolation), CenterCrop(size=crop_px))


def test_evaluation_transform_normalises_as_the_weights_expect() -> None:
    assert ZOO["resnet18"].eval_transform().mean == (0.485, 0.456, 0.406)
    assert ZOO["resnet18"].eval_transform().std == (0.229, 0.224, 0.225)
    assert ZOO["small_cnn"].eval_transform().mean == (0.5, 0.5, 0.5)


def test_evaluation_transform_of_unknown_weights_is_refused() -> None:
    with pytest.raises(
        WeightsError, match=r"No weights 'imagenet:IMAGENET1K_V7' for resnet50.*imagenet, imagenet:IMAGENET1K_V2"
    ):
        ZOO["resnet50"].eval_transform("imagenet:IMAGENET1K_V7")


@every_architecture
def test_weights_of_the_table_exist_in_torchvision_and_have_a_licence(architecture: Architecture) -> None:
    for name in architecture.named_weights:
        assert architecture.licence(name)
        if isinstance(architecture, TableEntry):
            assert architecture.published(name).url.startswith("https://download.pytorch.org/models/")


def test_licence_states_known_facts() -> None:
    usual = ZOO["resnet18"].licence()
    assert usual is not None
    assert ("BSD-3-Clause" in usual.words, "ImageNet" in usual.words, usual.warning) == (True, True, "")
    swag = ZOO["vit_b_16"].licence("imagenet:IMAGENET1K_SWAG_LINEAR_V1")
    assert swag is not None
    assert "SWAG/blob/main/LICENSE" in swag.words
    assert swag.short == "own licence (read its terms before commercial use)"
    packaged = ZOO["efficientnet_lite0"].licence()
    assert packaged is not None
    assert ("Apache-2.0" in packaged.words, "trained on ImageNet" in packaged.words) == (True, True)
    assert ZOO["small_cnn"].licence() is None


def test_an_architecture_is_added_by_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = TableEntry("resnet101", head="fc", groups=ZOO["resnet18"].groups)
    monkeypatch.setitem(ZOO, "resnet101", entry)

    model = build_model("resnet101", "none", num_classes=3)

    assert entry.num_parameters == count_parameters(resnet101())
    assert model.get_submodule("fc").out_features == 3


@pytest.mark.parametrize("name", [*ZOO, "timm:resnet18"])
def test_large_jpegs_are_unpacked_reduced_for_every_backbone(name):
    assert find_architecture(name).eval_transform().decode == "reduced"
