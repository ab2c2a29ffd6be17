"""A hosted dashboard in AppTest, which has no browser with cookies: say who looks at the next page."""

import pytest

from tlcore.hosting.visitors import new_visitor, sign, space_of
from tlcore.system.home import Space


def visit(monkeypatch: pytest.MonkeyPatch, visitor: str | None = None) -> Space:
    """The dashboard is hosted now, and this visitor, by default a new one, looks at it. Returns the visitor's space."""
    visitor = visitor or new_visitor()
    monkeypatch.setenv("TLCORE_HOSTED", "1")
    monkeypatch.setattr("ui.shared.visitor.visitors_cookie", lambda: sign(visitor))
    return space_of(visitor)
