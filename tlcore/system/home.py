"""The one folder that the project writes to: `TLCORE_HOME`, by default `~/.tlcore`."""

import os
from pathlib import Path


def home_dir() -> Path:
    """The folder for all written files. The variable is read at each call, so that tests can change it."""
    return Path(os.environ.get("TLCORE_HOME") or Path.home() / ".tlcore").expanduser().absolute()


def runs_dir() -> Path:
    return home_dir() / "runs"


def cache_dir() -> Path:
    """The folder for data that can be computed again; deleting it only costs time."""
    return home_dir() / "cache"


def datasets_dir() -> Path:
    return home_dir() / "datasets"


def edits_dir() -> Path:
    """The folder for the edits of datasets, one log per dataset."""
    return home_dir() / "edits"
