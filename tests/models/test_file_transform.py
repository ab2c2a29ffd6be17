"""A safetensors file that was exported here says how its images were prepared, and that is used."""

import json
import struct

import pytest
import torch
from safetensors.torch import save_file

from tlcore.config import parse_config
from tlcore.data.catalog import open_dataset
from tlcore.models.file_transform import transform_in
from tlcore.training.plan import outline_run
from tlcore.training.refit import evaluation_view
from tlcore.training.resolve import left_open, resolve
from tlcore.transforms.spec import CenterCrop, RandomHorizontalFlip, Resize, TransformSpec

STATED = TransformSpec(operations=(Resize(size=80), CenterCrop(size=64)), mean=(0.4, 0.4, 0.4))
OTHER = TransformSpec(operations=(Resize(size=232), CenterCrop(size=224)))


@pytest.fixture
def file(tmp_path):
    """Writes a file of weights with this text as its transform."""

    def write(text: str = STATED.model_dump_json()):
        save_file({"x": torch.zeros(1)}, tmp_path / "mine.safetensors", {"format": "pt", "transform": text})
        return tmp_path / "mine.safetensors"

    return write


def test_images_are_prepared_as_the_file_says_which_is_told(file, make_images):
    path = file()
    source = str(make_images("photos", train=3, val=2))
    asked = parse_config({"data": {"source": source}, "model": {"backbone": "mobilenet_v2", "weights": str(path)}})
    resolved = resolve(asked)
    assert resolved.eval_transform == STATED
    assert left_open(resolved).eval_transform is None
    assert evaluation_view(asked.model_dump(mode="json")) == STATED
    dataset = open_dataset(source)
    assert "Images are prepared as the file of the weights says." in outline_run(resolved, dataset).notices
    plan = outline_run(resolve(asked.replace(eval_transform=OTHER)), dataset)
    assert plan.config.eval_transform == OTHER
    assert any("eval_transform says otherwise: that is used." in notice for notice in plan.notices)


@pytest.mark.parametrize(
    "text",
    ["", "{}x", "[" * 100_000, '{"operations": [{"op": "delete"}]}', '{"mean": "pickle"}', '{"unknown": 1}'],
)
def test_what_is_no_transform_is_not_used(file, text):
    assert transform_in(file(text)) is None


def test_a_random_transform_is_not_used(file):
    random = TransformSpec(operations=(Resize(size=80), RandomHorizontalFlip()))
    assert transform_in(file(random.model_dump_json())) is None


def test_a_file_without_a_transform_or_of_another_kind_says_nothing(file, tmp_path):
    header = json.dumps({"__metadata__": ["transform"]}).encode()
    for content in (b"", b"\xff" * 16, struct.pack("<Q", len(header)) + header, struct.pack("<Q", 10**9)):
        path = tmp_path / "bad.safetensors"
        path.write_bytes(content)
        assert transform_in(path) is None
    assert transform_in(tmp_path) is None
    assert transform_in(tmp_path / "gone.safetensors") is None
    assert transform_in(file().rename(tmp_path / "mine.pth")) is None
