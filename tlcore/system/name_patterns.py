"""A pattern on file names with one field: `{group}_*` finds `cat7` in `cat7_03.jpg`. For text from outside.

This is no regular expression, on purpose: some regular expressions take exponential time on some names, and a pattern
comes from a form, a file or a command line. Here every piece of fixed text is looked for once, from left to right, so
60,000 names take a fraction of a second whatever the pattern is.
"""

import re
from dataclasses import dataclass
from typing import Self

FIELD, ANY = "{group}", "*"
MAX_CHARACTERS = 200

_WILDCARDS = re.compile(r"(\{group\}|\*)")
_Part = tuple[tuple[str, ...], int | None]
"""The fixed texts of one part of a path, with a wildcard between each two, and which of the wildcards is the field."""


@dataclass(frozen=True)
class NamePattern:
    """Fixed text, `*` for any characters, and `{group}` once, for one character or more. Neither crosses a `/`.

    Each stands for as few characters as possible, only the last one for the rest. The pattern describes the whole name
    of a file, with its ending; with a `/` also the folders above it: `{group}/*` means the folder of the file.
    """

    parts: tuple[_Part, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError, which says what is wrong with the pattern."""
        if len(text) > MAX_CHARACTERS:
            raise ValueError(f"a pattern has at most {MAX_CHARACTERS} characters, not {len(text):,}")
        if not text.isprintable():
            raise ValueError("a pattern has no control characters")
        if text.count(FIELD) != 1:
            raise ValueError(f"a pattern has {FIELD} once, where names say which images belong together")
        if "{" in text.replace(FIELD, "") or "}" in text.replace(FIELD, ""):
            raise ValueError(f"{FIELD} is the only field that a pattern can have")
        if re.search(r"(\{group\}|\*){2}", text):
            raise ValueError(f"between two of {FIELD} and {ANY} a pattern needs a character, such as _")
        return cls(tuple(_parse_part(part) for part in text.strip("/").split("/")))

    def group_of(self, path: str) -> str | None:
        """What `{group}` stands for in a posix path; None if the path does not fit the pattern."""
        names = path.split("/")[-len(self.parts) :]
        if len(names) < len(self.parts):
            return None
        found = None
        for part, name in zip(self.parts, names, strict=True):
            fits, group = _match(part, name)
            if not fits:
                return None
            found = group if part[1] is not None else found
        return found


def _parse_part(text: str) -> _Part:
    pieces = _WILDCARDS.split(text)
    wildcards = pieces[1::2]
    return tuple(pieces[::2]), wildcards.index(FIELD) if FIELD in wildcards else None


def _match(part: _Part, name: str) -> tuple[bool, str | None]:
    """Whether a name fits, and what the field stands for. Finding each text as early as possible finds every match."""
    (first, *texts), field = part
    if not texts:
        return name == first, None
    if not name.startswith(first):
        return False, None
    start, group = len(first), None
    for number, text in enumerate(texts):
        earliest = start + (number == field)
        if number == len(texts) - 1:
            end = len(name) - len(text)
            if end < earliest or not name.endswith(text):
                return False, None
        else:
            end = name.find(text, earliest)
            if end < 0:
                return False, None
        if number == field:
            group = name[start:end]
        start = end + len(text)
    return True, group
