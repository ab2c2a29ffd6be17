"""Where the project writes: one folder, `TLCORE_HOME`, by default `~/.tlcore`."""

import os
from pathlib import Path


def home_dir() -> Path:
    """The folder under which everything is written. Read anew at each call, so that tests can move it."""
    return Path(os.environ.get("TLCORE_HOME") or Path.home() / ".tlcore").expanduser().absolute()


def runs_dir() -> Path:
    return home_dir() / "runs"


def cache_dir() -> Path:
    """Things that can be computed again; deleting this folder loses nothing but time."""
    return home_dir() / "cache"


def datasets_dir() -> Path:
    return home_dir() / "datasets"
