"""Imports torch into the server process once, and only when a page needs it."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import streamlit as st

_COMPILER = "torch._dynamo"


@st.cache_resource(show_spinner="Loading PyTorch …")
def load_torch() -> None:
    """Import torch, torchvision and timm, and limit them to one thread.

    Visitors share the cores, and on busy cores two threads wait for each other: 12 draws took 2.6 s instead of 0.1 s.
    """
    import torch

    _import_without_compiler("torchvision", "torchvision.transforms.v2", "timm")
    torch.set_num_threads(1)


def _import_without_compiler(*names: str) -> None:
    """Import modules that import PyTorch's compiler and do not need it, without the compiler.

    The compiler takes 170 MB and four seconds of processor time. torchvision asks it a question where a detector pools
    regions, which no page does. Both tell it to leave functions alone, which matters only where something is compiled.
    Whoever imports the compiler later gets the real one.
    """
    stand_ins = {} if _COMPILER in sys.modules else _stand_ins()
    sys.modules.update(stand_ins)
    try:
        for name in names:
            import_module(name)
    finally:
        for name in stand_ins:
            sys.modules.pop(name, None)


def _stand_ins() -> dict[str, ModuleType]:
    package, utils = ModuleType(_COMPILER), ModuleType(f"{_COMPILER}.utils")
    found: dict[ModuleType, dict[str, Any]] = {
        package: {"__path__": [], "utils": utils, "disable": _unchanged},
        utils: {"is_compile_supported": _is_compile_supported},
    }
    for module, names in found.items():
        vars(module).update(names)
    return {module.__name__: module for module in found}


def _unchanged(function: Any, *arguments: Any, **options: Any) -> Any:
    return function


def _is_compile_supported(device_type: Any) -> Any:
    return import_module(f"{_COMPILER}.utils").is_compile_supported(device_type)
