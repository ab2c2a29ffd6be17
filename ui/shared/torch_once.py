"""Imports torch into the server process once, and only when a page needs it."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import streamlit as st

_COMPILER = "torch._dynamo"


@st.cache_resource(show_spinner="Loading PyTorch …")
def load_torch() -> None:
    """Import torch and limit it to one thread.

    Visitors share the cores, and on busy cores two threads wait for each other: 12 draws took 2.6 s instead of 0.1 s.
    """
    import torch

    _import_without_compiler("torchvision")
    torch.set_num_threads(1)


def _import_without_compiler(name: str) -> None:
    """Import a module that imports PyTorch's compiler for one function, without the compiler.

    The compiler takes 170 MB and four seconds of processor time. torchvision needs one question to it, and only where a
    detector pools regions, which no page does. Whoever imports the compiler later gets the real one.
    """
    if _COMPILER in sys.modules:
        import_module(name)
        return
    package, utils = ModuleType(_COMPILER), ModuleType(f"{_COMPILER}.utils")
    utils.is_compile_supported = _is_compile_supported  # type: ignore[attr-defined]
    package.__path__, package.utils = [], utils  # type: ignore[attr-defined]
    stand_ins = {module.__name__: module for module in (package, utils)}
    sys.modules.update(stand_ins)
    try:
        import_module(name)
    finally:
        for module in stand_ins:
            sys.modules.pop(module, None)


def _is_compile_supported(device_type: Any) -> Any:
    return import_module(f"{_COMPILER}.utils").is_compile_supported(device_type)
