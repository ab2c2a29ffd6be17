"""Streamlit's caches, with the space in the key: what was computed for one visitor is never shown to another.

Use these instead of `st.cache_data` and `st.cache_resource` for everything that depends on files. What is the same for
all visitors, such as the pictures of the demo as long as nobody edits it, is computed and kept once: `whose` decides.
On one's own machine there is one space.
"""

import functools
import inspect
import os
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

import streamlit as st

from tlcore.config import DataConfig
from tlcore.data.catalog import edits_path
from tlcore.system.home import space

P = ParamSpec("P")
R = TypeVar("R", covariant=True)
_SPACE = "space"


Whose = Callable[..., str]
"""From the arguments of a call to the space that its result is for; empty: it is the same for all who may ask."""


def by_space(*args: object) -> str:
    """Each space by itself, with the links that it has now."""
    here = space()
    return os.pathsep.join(map(str, (here.home, *here.granted)))


def by_dataset(source: str | DataConfig, *args: object) -> str:
    """Each space by itself if it has edits of its own of this dataset, which is the first argument."""
    here = space()
    name = source if isinstance(source, str) else source.source
    return str(here.home) if here.host is not None and edits_path(name).exists() else ""


def by_path(*args: object) -> str:
    """One result for all: the arguments have the whole path of a run or an image, and only who may see it has that."""
    return ""


class Cached(Generic[P, R]):
    """A cached function."""

    def __init__(self, function: Callable[P, R], cache: Callable[..., Any], whose: Whose) -> None:
        functools.update_wrapper(self, function)
        self._cached = cache(_with_space(function))
        self._whose = whose

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        found: R = self._cached(self._whose(*args), *args, **kwargs)
        return found

    def clear(self, *args: Any) -> None:
        """Compute the result for these arguments anew at the next call; without arguments, all results of all."""
        if args:
            self._cached.clear(self._whose(*args), *args)
        else:
            self._cached.clear()


def cache_data(whose: Whose = by_space, **options: Any) -> Callable[[Callable[P, R]], Cached[P, R]]:
    """`st.cache_data` with these options."""
    return lambda function: Cached(function, st.cache_data(**options), whose)


def cache_resource(whose: Whose = by_space, **options: Any) -> Callable[[Callable[P, R]], Cached[P, R]]:
    """`st.cache_resource` with these options."""
    return lambda function: Cached(function, st.cache_resource(**options), whose)


def _with_space(function: Callable[P, R]) -> Callable[..., R]:
    """The function with a further first argument. Streamlit tells functions apart by their names and source texts, and
    names the arguments in a key by the signature."""

    @functools.wraps(function)
    def call(space: str, *args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    signature = inspect.signature(function)
    first = inspect.Parameter(_SPACE, inspect.Parameter.POSITIONAL_ONLY)
    call.__signature__ = signature.replace(parameters=[first, *signature.parameters.values()])  # type: ignore[attr-defined]
    return call
