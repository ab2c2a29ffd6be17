"""The server imports torch without its compiler, which takes much memory and time."""

import subprocess
import sys

_AFTER_LOADING = """
import sys, warnings
from ui.shared.torch_once import load_torch
load_torch()
assert "torchvision" in sys.modules and "timm" in sys.modules
assert "torch._dynamo" not in sys.modules and "sympy" not in sys.modules
import torch, torchvision
from torchvision.transforms import v2
assert v2.RandomHorizontalFlip(1.0)(torchvision.tv_tensors.Image(torch.tensor([[[0, 1]]]))).tolist() == [[[1, 0]]]
assert "torch._dynamo" not in sys.modules
boxes = [torch.tensor([[0.0, 0.0, 4.0, 4.0]])]
assert torchvision.ops.roi_align(torch.rand(1, 3, 8, 8), boxes, 2).shape == (1, 3, 2, 2)
"""


def test_torch_is_loaded_without_its_compiler_and_torchvision_works():
    subprocess.run([sys.executable, "-c", _AFTER_LOADING], check=True)
