"""Carry out the work of the visitors of a hosted dashboard, one piece at a time. Its server starts this.

Ctrl-C or SIGTERM ends it; work under way goes on when it is started again.
"""

import argparse
import signal
from types import FrameType


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It has none: everything is in the settings of the host."""


def run(arguments: argparse.Namespace) -> int:
    from tlcore.hosting.queue.dispatcher import dispatch
    from tlcore.system.home import host_dir
    from tlcore.system.logs import LOGS, log_as_json

    told: list[int] = []

    def tell(number: int, frame: FrameType | None) -> None:
        told.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell)
    log_as_json(host_dir() / LOGS, "dispatcher")
    dispatch(lambda: bool(told))
    return 0
