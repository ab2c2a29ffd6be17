"""The built-in recipes have the settings of the well-known exercises."""

import re

import pytest
import torch

from tlcore.config import RunConfig
from tlcore.drawing.insects import INSECTS
from tlcore.models.cifar_cnn import CifarCNN
from tlcore.models.groups import learning_rates
from tlcore.models.zoo import ZOO
from tlcore.recipes.builtin import BUILTIN
from tlcore.recipes.fitting import missing_data
from tlcore.transforms.spec import CenterCrop, RandomHorizontalFlip, RandomResizedCrop, Resize

DEMO = {"demo-frozen": "feature_extraction", "demo-fine-tuned": "fine_tuning", "demo-from-scratch": "from_scratch"}
NAMES = [
    *DEMO,
    "ants-bees-resnet18",
    "ants-bees-resnet18-frozen",
    "cats-dogs-resnet18",
    "ants-bees-vgg16",
    "ants-bees-vgg16-finetune",
    "fashion-mnist",
    "cifar10-cnn",
    "imagenet-predict",
]
every_recipe = pytest.mark.parametrize("recipe", BUILTIN.values(), ids=list(BUILTIN))


def test_the_lessons_on_the_demo_come_first_and_then_the_recipes_of_the_course():
    assert list(BUILTIN) == NAMES


@every_recipe
def test_a_recipe_is_complete(recipe):
    assert recipe.config.model.backbone in ZOO
    assert all((recipe.title, recipe.summary, recipe.data, recipe.exercise))
    assert recipe.better or recipe.name in DEMO  # which is nobody else's exercise
    assert set(recipe.drawn) <= set(INSECTS)


@pytest.mark.parametrize("name", ["ants-bees-resnet18", "ants-bees-resnet18-frozen"])
def test_ants_and_bees_with_resnet18(name):
    config = BUILTIN[name].config
    assert config.train_transform.operations == (RandomResizedCrop(size=224), RandomHorizontalFlip())
    assert config.eval_transform.operations == (Resize(size=256), CenterCrop(size=224))
    assert (config.batch_size, config.epochs) == (4, 25)
    assert (config.optimizer.name, config.optimizer.learning_rate, config.optimizer.momentum) == ("sgd", 1e-3, 0.9)
    assert (config.schedule.name, config.schedule.step_epochs, config.schedule.gamma) == ("step", 7, 0.1)
    assert config.strategy.name == ("feature_extraction" if name.endswith("frozen") else "fine_tuning")


@pytest.mark.parametrize("name", ["ants-bees-resnet18", "ants-bees-vgg16-finetune"])
def test_an_exercise_that_trains_all_layers_at_once_does_so_whatever_the_defaults(name):
    config = BUILTIN[name].config
    strategy = config.strategy
    assert (strategy.head_epochs, strategy.batch_norm, strategy.learning_rate_decay) == (0, "update", 1.0)
    assert config.schedule.name == ("step" if name == "ants-bees-resnet18" else "constant")


def test_cats_and_dogs():
    config = BUILTIN["cats-dogs-resnet18"].config
    assert config.train_transform.operations[0] == Resize(size=(256, 256))
    assert config.eval_transform.operations == (Resize(size=224), CenterCrop(size=224))
    assert (config.optimizer.name, config.optimizer.learning_rate) == ("adam", 1e-3)
    assert (config.epochs, config.batch_size, config.strategy.name) == (13, 32, "feature_extraction")


@pytest.mark.parametrize("name", ["ants-bees-resnet18-frozen", "cats-dogs-resnet18", "ants-bees-vgg16"])
def test_a_frozen_recipe_sees_fresh_views_in_every_epoch_as_its_exercise_does(name):
    config = BUILTIN[name].config
    assert config.cached_views == config.epochs


def test_vgg16_has_three_rates_by_part_and_so_has_any_other_backbone():
    strategy = BUILTIN["ants-bees-vgg16-finetune"].config.strategy
    of_vgg = learning_rates(ZOO["vgg16"], strategy, 1e-3)
    assert (of_vgg["block1"], of_vgg["block5"], of_vgg["classifier"], of_vgg["head"]) == (1e-4, 1e-4, 5e-4, 1e-3)
    assert set(learning_rates(ZOO["mobilenet_v2"], strategy, 1e-3).values()) == {1e-4, 1e-3}
    assert BUILTIN["ants-bees-vgg16-finetune"].config.seed == 1234


def test_the_network_of_the_cifar_exercise():
    model = CifarCNN()
    assert {name: tuple(value.shape) for name, value in model.named_parameters() if name.endswith("weight")} == {
        "features.conv1.weight": (16, 3, 5, 5),
        "classifier.1.weight": (128, 3136),
        "classifier.3.weight": (10, 128),
    }
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    config = BUILTIN["cifar10-cnn"].config
    assert (config.model.backbone, config.batch_size, config.optimizer.name) == ("cifar_cnn", 128, "sgd")
    assert config.eval_transform.mean == config.eval_transform.std == (0.5, 0.5, 0.5)
    assert config.report_every is not None


def test_fashion_mnist():
    config = BUILTIN["fashion-mnist"].config
    assert (config.batch_size, config.epochs, config.optimizer.learning_rate) == (64, 5, 1e-3)
    assert (config.optimizer.name, config.optimizer.momentum) == ("sgd", 0.0)


@pytest.mark.parametrize(("name", "strategy"), DEMO.items())
def test_a_lesson_on_the_demo_runs_as_it_is_and_differs_from_the_others_by_its_strategy_alone(name, strategy):
    recipe = BUILTIN[name]
    assert missing_data(recipe) == ""
    assert recipe.config == RunConfig(
        strategy={"name": strategy}, epochs=15
    )  # what the stated figures were measured with
    assert ZOO[recipe.config.model.backbone].address("imagenet") is None  # nothing is downloaded


@pytest.mark.parametrize("name", DEMO)
def test_what_a_lesson_on_the_demo_promises_is_a_mean_of_seeds_with_its_range(name):
    mean, low, high = (float(number) for number in re.findall(r"\d\d\.\d", BUILTIN[name].expect))
    assert low < mean < high
    assert re.search(r"the mean of [35] seeds", BUILTIN[name].expect)
    assert "another seed or another processor moves it too" in BUILTIN[name].exercise
