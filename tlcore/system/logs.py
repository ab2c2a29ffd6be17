"""Logging of background processes: to standard error, each line with its time and level."""

import logging
import sys

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
