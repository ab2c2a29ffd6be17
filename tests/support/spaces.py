"""The space of a visitor of a hosted dashboard, with limits of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tlcore.system.home import SPACES, Space, in_space

VISITOR = "0123456789abcdef" * 2


@contextmanager
def visiting(host: Path, visitor: str = VISITOR, **limits: object) -> Iterator[Space]:
    """Work as a visitor of the host with this home, with these fields of HostSettings."""
    visited = Space(host / SPACES / visitor, host)
    visited.home.mkdir(parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in limits.items():
            patch.setenv(f"TLCORE_HOSTED_{name.upper()}", str(value))
        with in_space(visited):
            yield visited
