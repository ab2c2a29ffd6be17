"""Two visitors of a hosted dashboard."""

import pytest

from tlcore.hosting.spaces.visitors import new_visitor


@pytest.fixture
def ann() -> str:
    return new_visitor()


@pytest.fixture
def bob() -> str:
    return new_visitor()
