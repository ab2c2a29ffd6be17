"""The health scans of the host's own datasets: made once for all visitors, who otherwise each wait for one of theirs.

They run in the background at low priority, one at a time, and belong to no visitor. A finished one is in the cache of
the host, which all read.
"""

import logging
from subprocess import DEVNULL, Popen

from tlcore.data.formats.demo import NAME as DEMO, is_drawn
from tlcore.data.intake.library import list_sources
from tlcore.system.liveness import kill_with_children
from tlcore.system.spawn import start

log = logging.getLogger(__name__)


class SharedScans:
    def __init__(self) -> None:
        self._begun: set[str] = set()
        self._waiting: list[str] = []
        self._process: Popen[bytes] | None = None

    def look_for_datasets(self) -> None:
        """Notice datasets that are new. What changes later is noticed when the dispatcher starts again."""
        there = [source for source in list_sources() if source != DEMO or is_drawn()]
        self._waiting = [source for source in there if source not in self._begun]

    def go_on(self) -> None:
        """Call often: it starts the next scan when the one before has ended."""
        if not self._waiting or (self._process is not None and self._process.poll() is None):
            return
        source = self._waiting.pop(0)
        self._begun.add(source)
        try:
            self._process = start(["audit", "--json", "--data", source], stdout=DEVNULL, stderr=DEVNULL)
        except OSError as error:
            log.warning("The scan of a shared dataset cannot be started: %s", error)

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            kill_with_children(self._process.pid)
            self._process.wait()
