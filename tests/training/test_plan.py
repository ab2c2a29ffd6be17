import pytest

from tlcore.config import parse_config
from tlcore.data.catalog import open_dataset
from tlcore.training.plan import outline_run
from tlcore.training.resolve import resolve
from tlcore.transforms.spec import CenterCrop, Resize, TransformSpec

OWN = TransformSpec(operations=(Resize(size=232), CenterCrop(size=224)))


@pytest.mark.parametrize(
    ("weights", "view", "said"),
    [
        ("mine.pth", None, True),
        ("mine.pth", OWN, False),
        ("imagenet", None, False),
        ("imagenet:IMAGENET1K_V2", None, False),
    ],
)
def test_the_view_that_a_weights_file_gets_is_said(make_images, weights, view, said):
    dataset = open_dataset(str(make_images("photos", train=3, val=2)))
    settings = {"data": {"source": "photos"}, "model": {"backbone": "mobilenet_v2", "weights": weights}}
    plan = outline_run(resolve(parse_config(settings | {"eval_transform": view})), dataset)
    sentence = (
        "How images were prepared for the weights in the file is not known. They get the usual view of mobilenet_v2: "
        "Resize 256, CenterCrop 224. Set eval_transform if the weights need another one."
    )
    assert (sentence in plan.notices) == said
