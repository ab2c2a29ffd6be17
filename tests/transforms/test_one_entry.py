"""Adding a transform takes one class in `spec`: tested with a changed copy of the module."""

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from tlcore.transforms import draws, spec as original
from tlcore.transforms.draws import draw_views
from tlcore.transforms.spec import RandAugment, TransformSpec

NEW = """
class RandomSolarize(_Operation):
    op: Literal["RandomSolarize"] = "RandomSolarize"
    threshold: float = 128.0
    p: Probability = 0.5

    def trace(self, calls: Calls, before: Size, after: Size) -> Trace:
        return (), f"inverted above {self.threshold:.0f}" if calls else NOT_APPLIED


"""


@pytest.fixture
def extended(monkeypatch) -> ModuleType:
    source = Path(original.__file__).read_text(encoding="utf-8")
    assert source.count("if TYPE_CHECKING:\n    Operation") == 1
    module = ModuleType("spec_with_one_more")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(source.replace("if TYPE_CHECKING:\n    Operation", f"{NEW}if TYPE_CHECKING:\n    Operation"), vars(module))
    return module


def test_one_class_adds_a_transform(extended):
    steps = {"operations": [{"op": "RandomSolarize", "threshold": 100, "p": 1.0}, {"op": "CenterCrop", "size": 8}]}
    transform = extended.TransformSpec.model_validate(steps)
    image = torch.full((3, 8, 8), 200, dtype=torch.uint8)
    assert transform.build_operations()(image).flatten()[0] == 55
    assert transform.is_random
    assert "v2.RandomSolarize(threshold=100.0, p=1.0)" in transform.source()
    (draw,) = draw_views(transform, image, [0])
    assert draw.steps[0] == ("RandomSolarize", "inverted above 100")
    assert np.all(draw.image_HWC == 55)
    assert extended.TransformSpec.model_validate(transform.model_dump(mode="json")) == transform


def test_without_a_trace_only_whether_it_was_applied_is_reported():
    class Plain(original._Operation):
        op: str = "Plain"

    try:
        assert Plain().trace([{}], (4, 4), (4, 4)) == ((), "done")
        assert Plain().trace([], (4, 4), (4, 4)) == ((), "not this time")
    finally:
        del Plain


def test_a_torchvision_that_works_differently_is_an_error(monkeypatch):
    monkeypatch.setattr(draws, "_AUTOMATIC_STEP", "_gone")
    with pytest.raises(RuntimeError, match=r"torchvision .* has no _gone in RandAugment.*requirements.txt"):
        draw_views(TransformSpec(operations=(RandAugment(),)), torch.zeros(3, 8, 8, dtype=torch.uint8), [0])
