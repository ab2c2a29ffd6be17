"""Paths that come from outside, as text. Asking about one raises nothing, whatever the text is.

`Path.exists`, `Path.is_file` and `Path.is_dir` raise OSError for a name that is too long for a file, and
`Path.expanduser` raises RuntimeError for the home of a user that there is not. So what comes from outside is made a
path here, and looked at with `os.path.exists`, `os.path.isfile` and `os.path.isdir`, which say False.
"""

import os
from pathlib import Path

MAX_CHARACTERS = 4_096
"""Of a path: what Linux takes, and more than other systems do."""


def given_path(text: str) -> Path:
    """The path that somebody typed, with `~` as their home."""
    try:
        return Path(os.path.expanduser(text))
    except ValueError:  # a zero character after ~
        return Path(text)


def check_path_text(text: str) -> str:
    """Text that may be a path, as it is. Raises ValueError where it is longer than any path."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"{len(text):,} characters, and a path or a name has at most {MAX_CHARACTERS:,}")
    return text
