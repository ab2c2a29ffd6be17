"""A hosted dashboard in AppTest, which has no browser with cookies: say who looks at the next page."""

import pytest

from tlcore.hosting.spaces.visitors import new_visitor, sign, space_of
from tlcore.system.home import Space


def visit(monkeypatch: pytest.MonkeyPatch, visitor: str | None = None) -> Space:
    """The dashboard is hosted now, and this visitor, by default a new one, looks at it. Returns the visitor's space.

    The test itself is in this space, too: AppTest asks for labels of options outside of the page.
    """
    visitor = visitor or new_visitor()
    monkeypatch.setenv("TLCORE_HOSTED", "1")
    monkeypatch.setattr("ui.shared.visitor.visitors_cookie", lambda: sign(visitor))
    monkeypatch.setattr("ui.shared.visitor.get_script_run_ctx", lambda suppress_warning: True)
    return space_of(visitor)
