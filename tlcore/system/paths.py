"""Turn text from users and files into paths, so that looking for such a path never raises, whatever the text is.

`Path.exists`, `Path.is_file` and `Path.is_dir` raise OSError for a name that is too long for a file, and
`Path.expanduser` raises RuntimeError for the home of an unknown user. So such text becomes a path here, and the path is
checked with `os.path.exists`, `os.path.isfile` and `os.path.isdir`, which return False.
"""

import os
from pathlib import Path

from tlcore.errors import ConfigError
from tlcore.system.home import check_readable

MAX_CHARACTERS = 4_096
"""Longest path: the limit of Linux, which is higher than that of other systems."""


def given_path(text: str) -> Path:
    """The path that a user typed, with `~` as the user's home.

    Raises NotAllowed if it is not for the eyes of this visitor of a hosted dashboard, whether it exists or not.
    """
    try:
        path = Path(os.path.expanduser(text))
    except ValueError:  # a zero character after ~
        path = Path(text)
    check_readable(path)
    return path


def check_path_text(text: str) -> str:
    """Returns text that may be a path unchanged. Raises ValueError if it is longer than any path."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"{len(text):,} characters, and a path or a name has at most {MAX_CHARACTERS:,}")
    return text


def output_path(out: str | None, name: str) -> Path:
    """Where to write a file: `out`, or the file `name` in the folder `out`, or here. Checked before any work begins.

    Raises ConfigError if there is no such folder.
    """
    path = given_path(out or ".").absolute()
    if os.path.isdir(path):
        path /= name
    if not os.path.isdir(path.parent):
        raise ConfigError(f"There is no folder {path.parent} to write into. Make it, or choose another --out.")
    return path
