import pytest

from tlcore.cli.main import main
from tlcore.errors import ModelError
from tlcore.recipes.builtin import BUILTIN

RECIPE = BUILTIN["imagenet-predict"].config


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ("efficientnet_lite0", None, "auto")),
        (["--recipe", "imagenet-predict"], ("vgg16", None, "auto", RECIPE.eval_transform)),
        (["--recipe", "imagenet-predict", "--backbone", "resnet18"], ("resnet18", None, "auto", None)),
    ],
)
def test_a_recipe_brings_its_network_and_its_transform(options, expected, monkeypatch, home):
    asked = []

    def predictor(*arguments):
        asked.append(arguments)
        raise ModelError("not asked in this test")

    monkeypatch.setattr("tlcore.evaluation.predict.imagenet_predictor", predictor)
    assert main(["predict", "imagenet", "a.png", *options]) != 0
    assert asked == [expected]
