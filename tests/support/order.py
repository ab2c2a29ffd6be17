"""The order of the tests, and which of them share a process when several run at once (`-n … --dist loadfile`)."""

from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    import pytest

BROWSER = "tests/browser/"
_FIRST = (BROWSER, "tests/test_notebook.py", "tests/runs/", "tests/cli/", "tests/pages/", "tests/models/")
"""Where long tests are: what begins last should be short, or one process works on it while the others have nothing."""


def by_duration(items: "list[pytest.Item]") -> None:
    """Sort tests, so that the files with long ones come first."""
    items.sort(
        key=lambda item: next((at for at, start in enumerate(_FIRST) if item.nodeid.startswith(start)), len(_FIRST))
    )


def scheduler(config: "pytest.Config", log: Any) -> Any:
    """Hands out files in their order. Every second process at most gets tests in a browser, all of these one by one.

    A test in a browser already keeps a browser, a server and often a training busy. Two of them at once on two cores
    are no quicker than one after the other, and each starts a browser and furnishes a dashboard of its own.
    """
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            if not file.startswith(BROWSER):
                return file
            return f"{BROWSER}{crc32(file.encode()) % max(1, self.numnodes // 2)}"

    config.option.loadscopereorder = False  # else files with few tests come last, and these are often long ones
    return Files(config, log)
