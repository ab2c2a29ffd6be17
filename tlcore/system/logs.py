"""Logging of background processes, to standard error, each line with its time and level; and of other packages."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

FORMAT = "%(asctime)s %(levelname)s %(message)s"


def log_to_stderr() -> None:
    """Set up logging for a separate process, such as the worker. Python's warnings are logged, too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT, datefmt="%Y-%m-%dT%H:%M:%S%z"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("tlcore").setLevel(logging.INFO)
    logging.captureWarnings(True)


@contextmanager
def errors_only(*names: str) -> Iterator[None]:
    """Loggers of these names pass on errors alone within the block; without a name, the root logger."""
    loggers = [logging.getLogger(name) for name in names or ("",)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
