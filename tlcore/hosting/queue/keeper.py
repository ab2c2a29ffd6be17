"""Start the dispatcher of a host, and start it again if it is gone. The server of the dashboard does this all the time.

It outlives the server: what is under way goes on, and a server that starts again finds it working.
"""

import logging
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from tlcore.hosting.queue.pulse import DISPATCHER, SERVER, appear, is_there, sign
from tlcore.runs.work.tickets import queue_dir
from tlcore.system.home import as_host
from tlcore.system.spawn import start_detached

EVERY_S = 5.0
AGAIN_S = 15.0
"""Shortest time between two starts: it needs a moment until it is there, and may fail at once."""
LOG = "dispatcher.log"
_LOG_BYTES = 1_000_000
log = logging.getLogger(__name__)


class Keeper:
    """Call `keep` every `EVERY_S` seconds."""

    def __init__(self) -> None:
        self._started = float("-inf")

    def keep(self) -> None:
        with as_host():
            try:
                queue_dir().mkdir(parents=True, exist_ok=True)
                try:
                    sign(SERVER)
                except FileNotFoundError:
                    appear(SERVER)
                if not is_there(DISPATCHER) and time.monotonic() - self._started >= AGAIN_S:
                    self._started = time.monotonic()
                    with _open_log(queue_dir() / LOG) as output:
                        pid = start_detached(["dispatch"], output, output)
                    log.info("Started the dispatcher, process %d", pid)
            except OSError as error:
                log.error("The dispatcher cannot be started: %s", error)


def _open_log(path: Path) -> IO[bytes]:
    """What it prints besides its log, such as the traceback of its end."""
    with suppress(OSError):
        if path.stat().st_size > _LOG_BYTES:
            return path.open("wb")
    return path.open("ab")
