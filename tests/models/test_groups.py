import pytest
import torch
from torch import nn

from tests.support.models import count_parameters
from tlcore.config import StrategyConfig
from tlcore.errors import ConfigError
from tlcore.models.build import build_model
from tlcore.models.groups import frozen_groups, group_of, layer_groups, learning_rates, never_trained, set_training_mode
from tlcore.models.split import main_and_auxiliary
from tlcore.models.zoo import ZOO

RESNET = ZOO["resnet18"]
TRUNK = ("stem", "layer1", "layer2", "layer3", "layer4")


def _one_step(model: nn.Module, size_px: int) -> None:
    images_NCHW = torch.randn(4, 3, size_px, size_px, generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1, weight_decay=0.1)
    main, auxiliary = main_and_auxiliary(model(images_NCHW))
    targets = torch.tensor([0, 1, 0, 1])
    loss = sum((nn.functional.cross_entropy(logits, targets) for logits in (main, *auxiliary)), torch.tensor(0.0))
    loss.backward()
    optimizer.step()


def _changed_modules(before: dict[str, torch.Tensor], model: nn.Module) -> set[str]:
    """Paths of the modules with a changed parameter or statistic."""
    return {
        name.rpartition(".")[0] for name, tensor in model.state_dict().items() if not torch.equal(before[name], tensor)
    }


def _snapshot(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def test_layer_groups_go_from_stem_to_head_and_share_all_parameters() -> None:
    model = build_model("resnet18", "none", num_classes=3)
    groups = layer_groups(model, RESNET)

    assert [group.name for group in groups] == [*TRUNK, "head"]
    assert groups[0].parameters == ("conv1.weight", "bn1.weight", "bn1.bias")
    assert groups[-1].parameters == ("fc.weight", "fc.bias")
    assert groups[-1].num_parameters == 512 * 3 + 3
    assert sum(group.num_parameters for group in groups) == count_parameters(model)


def test_parameters_that_sit_in_no_module_of_their_own_are_grouped() -> None:
    stem = layer_groups(ZOO["vit_b_16"].outline(), ZOO["vit_b_16"])[0]
    assert {"class_token", "encoder.pos_embedding"} <= set(stem.parameters)


def test_auxiliary_classifiers_are_trained_with_the_head() -> None:
    head = layer_groups(ZOO["googlenet"].outline(), ZOO["googlenet"])[-1]
    assert {"fc.weight", "aux1.fc2.weight", "aux2.conv.bn.weight"} <= set(head.parameters)


def test_parameters_and_buffers_are_found_in_their_group() -> None:
    assert group_of(RESNET, "layer2.0.bn1.running_mean") == "layer2"
    assert group_of(ZOO["vit_b_16"], "class_token") == "stem"
    assert group_of(ZOO["mobilenet_v2"], "features.10.conv.0.0.weight") == "stage3"
    assert group_of(ZOO["mobilenet_v2"], "features.1.conv.0.0.weight") == "stem"
    assert group_of(ZOO["googlenet"], "aux1.conv.bn.num_batches_tracked") == "head"
    with pytest.raises(KeyError, match=r"resnet18 has no layer group for 'layer9.weight'"):
        group_of(RESNET, "layer9.weight")


def test_feature_extraction_freezes_all_but_the_head() -> None:
    strategy = StrategyConfig(name="feature_extraction")
    assert frozen_groups(RESNET, strategy, epoch=1) == TRUNK
    assert frozen_groups(RESNET, strategy, epoch=100) == TRUNK
    assert never_trained(RESNET, strategy) == TRUNK


def test_from_scratch_freezes_nothing() -> None:
    strategy = StrategyConfig(name="from_scratch")
    assert frozen_groups(RESNET, strategy, epoch=1) == ()
    assert never_trained(RESNET, strategy) == ()


def test_fine_tuning_freezes_up_to_and_including_the_named_group() -> None:
    strategy = StrategyConfig(name="fine_tuning", freeze_up_to="layer2")
    assert frozen_groups(RESNET, strategy, epoch=1) == ("stem", "layer1", "layer2")
    assert frozen_groups(RESNET, StrategyConfig(name="fine_tuning"), epoch=1) == ()


def test_gradual_unfreezing_adds_a_group_every_n_epochs_from_the_head_down() -> None:
    strategy = StrategyConfig(name="fine_tuning", unfreeze_every=2)
    frozen = [len(frozen_groups(RESNET, strategy, epoch)) for epoch in range(1, 15)]
    assert frozen == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0, 0, 0]
    assert frozen_groups(RESNET, strategy, epoch=3) == ("stem", "layer1", "layer2", "layer3")
    assert never_trained(RESNET, strategy) == ()


def test_gradual_unfreezing_stops_at_the_group_that_stays_frozen() -> None:
    strategy = StrategyConfig(name="fine_tuning", unfreeze_every=1, freeze_up_to="layer3")
    assert [len(frozen_groups(RESNET, strategy, epoch)) for epoch in range(1, 5)] == [5, 4, 4, 4]
    assert frozen_groups(RESNET, strategy, epoch=50) == never_trained(RESNET, strategy) == TRUNK[:4]


def test_the_head_trains_alone_in_its_epochs_and_unfreezing_is_counted_from_their_end() -> None:
    strategy = StrategyConfig(name="fine_tuning", head_epochs=2)
    assert [len(frozen_groups(RESNET, strategy, epoch)) for epoch in range(1, 5)] == [5, 5, 0, 0]
    both = StrategyConfig(name="fine_tuning", head_epochs=2, unfreeze_every=1, freeze_up_to="layer2")
    assert [len(frozen_groups(RESNET, both, epoch)) for epoch in range(1, 7)] == [5, 5, 5, 4, 3, 3]
    assert never_trained(RESNET, strategy) == ()


def test_freezing_up_to_an_unknown_group_names_the_groups() -> None:
    strategy = StrategyConfig(name="fine_tuning", freeze_up_to="layr3")
    with pytest.raises(
        ConfigError,
        match=r"freeze_up_to: resnet18 has no layer group 'layr3'. Did you mean 'layer3'.*head, layer1, layer2",
    ):
        frozen_groups(RESNET, strategy, epoch=1)


def test_freezing_the_head_is_refused() -> None:
    strategy = StrategyConfig(name="fine_tuning", freeze_up_to="head")
    with pytest.raises(ConfigError, match=r"leaves nothing to train. Freeze up to 'layer4' to train the head alone"):
        never_trained(RESNET, strategy)


def test_learning_rates_decay_from_the_head_to_the_stem() -> None:
    rates = learning_rates(RESNET, StrategyConfig(name="fine_tuning", learning_rate_decay=0.5), base=0.8)
    assert list(rates) == [*TRUNK, "head"]
    assert list(rates.values()) == pytest.approx([0.025, 0.05, 0.1, 0.2, 0.4, 0.8])


def test_learning_rate_set_for_a_group_takes_precedence_over_the_decay() -> None:
    strategy = StrategyConfig(name="fine_tuning", learning_rate_decay=0.5, learning_rates={"layer4": 0.0, "stem": 3.0})
    rates = learning_rates(RESNET, strategy, base=0.8)
    assert (rates["layer4"], rates["stem"], rates["head"]) == (0.0, 3.0, 0.8)
    assert rates["layer3"] == pytest.approx(0.2)


def test_learning_rate_of_an_unknown_group_is_refused() -> None:
    strategy = StrategyConfig(name="fine_tuning", learning_rates={"fc": 0.1})
    with pytest.raises(
        ConfigError, match=r"learning_rates: resnet18 has no layer group 'fc'. Choose one of: classifier, features, h"
    ):
        learning_rates(RESNET, strategy, base=0.1)


def test_a_learning_rate_can_be_set_for_a_part_that_every_backbone_has() -> None:
    parts = {"features": 1e-4, "classifier": 5e-4, "head": 1e-3}
    strategy = StrategyConfig(name="fine_tuning", learning_rates=parts)
    of_vgg = learning_rates(ZOO["vgg16"], strategy, base=1.0)
    assert of_vgg == {**{f"block{number}": 1e-4 for number in range(1, 6)}, "classifier": 5e-4, "head": 1e-3}
    of_mobilenet = learning_rates(ZOO["mobilenet_v2"], strategy, base=1.0)  # it has no hidden layers before its head
    assert set(of_mobilenet.values()) == {1e-4, 1e-3}
    assert of_mobilenet["last_conv"] == 1e-4


def test_a_learning_rate_of_a_group_takes_precedence_over_that_of_its_part() -> None:
    strategy = StrategyConfig(name="fine_tuning", learning_rates={"features": 1e-4, "stem": 0.0})
    rates = learning_rates(RESNET, strategy, base=0.1)
    assert (rates["stem"], rates["layer1"], rates["head"]) == (0.0, 1e-4, 0.1)


@pytest.mark.parametrize(("name", "size_px"), [("resnet18", 32), ("mobilenet_v2", 32), ("mobilenet_v3_small", 32)])
def test_with_a_frozen_trunk_a_training_step_changes_the_head_alone(name: str, size_px: int) -> None:
    architecture = ZOO[name]
    model = build_model(name, "none", num_classes=2)
    set_training_mode(model, architecture, frozen=architecture.group_names[:-1])
    before = _snapshot(model)

    _one_step(model, size_px)

    assert _changed_modules(before, model) == {architecture.head}


def test_frozen_groups_keep_batchnorm_statistics_in_training() -> None:
    model = build_model("resnet18", "none", num_classes=2)
    set_training_mode(model, RESNET, frozen=("stem", "layer1", "layer2"))
    before = _snapshot(model)

    _one_step(model, 32)

    changed = {path.partition(".")[0] for path in _changed_modules(before, model)}
    assert changed == {"layer3", "layer4", "fc"}
    assert not torch.equal(before["layer4.0.bn1.running_mean"], model.state_dict()["layer4.0.bn1.running_mean"])


def test_kept_statistics_stay_in_groups_that_are_trained() -> None:
    model = build_model("resnet18", "none", num_classes=2)
    set_training_mode(model, RESNET, frozen=("stem",), keep_statistics=True)
    before = _snapshot(model)

    _one_step(model, 32)

    assert torch.equal(before["layer4.0.bn1.running_mean"], model.state_dict()["layer4.0.bn1.running_mean"])
    assert not torch.equal(before["layer4.0.bn1.weight"], model.state_dict()["layer4.0.bn1.weight"])


def test_with_a_frozen_trunk_everything_outside_the_head_is_in_evaluation_mode() -> None:
    architecture = ZOO["mobilenet_v2"]
    model = build_model("mobilenet_v2", "none", num_classes=2)
    set_training_mode(model, architecture, frozen=architecture.group_names[:-1])
    assert {path for path, module in model.named_modules() if module.training} == {"classifier.0", "classifier.1"}


def test_unfreezing_sets_groups_back_to_training() -> None:
    model = build_model("resnet18", "none", num_classes=2)
    set_training_mode(model, RESNET, frozen=TRUNK)
    set_training_mode(model, RESNET, frozen=())
    assert all(module.training for module in model.modules())
    assert count_parameters(model, trainable=True) == count_parameters(model)


def test_single_parameters_of_a_frozen_group_are_frozen() -> None:
    model = ZOO["vit_b_16"].outline()
    set_training_mode(model, ZOO["vit_b_16"], frozen=("stem",))
    parameters = dict(model.named_parameters())
    assert not parameters["class_token"].requires_grad
    assert not parameters["encoder.pos_embedding"].requires_grad
    assert parameters["encoder.ln.weight"].requires_grad


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_auxiliary_classifiers_rest_while_the_trunk_is_frozen(name: str) -> None:
    architecture = ZOO[name]
    model = architecture.outline()
    auxiliary = nn.ModuleList(model.get_submodule(path) for path in architecture.aux_modules)
    images_NCHW = torch.empty(2, 3, architecture.input_px, architecture.input_px, device="meta")

    set_training_mode(model, architecture, frozen=architecture.group_names[:-1])
    assert isinstance(model(images_NCHW), torch.Tensor)
    assert count_parameters(auxiliary, trainable=True) == 0
    assert not any(
        module.training for path in architecture.aux_modules for module in model.get_submodule(path).modules()
    )

    set_training_mode(model, architecture, frozen=architecture.group_names[:-2])
    assert len(main_and_auxiliary(model(images_NCHW))[1]) == len(architecture.aux)
    assert count_parameters(auxiliary, trainable=True) == count_parameters(auxiliary)
