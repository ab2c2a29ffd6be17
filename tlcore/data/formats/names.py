"""Which names from users and files are accepted: those that can be stored and shown without misleading anybody."""

import unicodedata
from collections.abc import Iterable

# Embeddings, overrides and isolates: they change the reading order of the following text
_DIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REFUSED = frozenset(("Cc", "Cs", "Zl", "Zp"))  # control characters, lone surrogates, line and paragraph separators


def is_harmless(name: str) -> bool:
    """Whether a name has no control character, no directional override and no invalid Unicode.

    All kinds of blanks, joiners and soft hyphens are allowed: Mac screenshots, Persian and emoji need them.
    """
    return name.isprintable() or not any(
        letter in _DIRECTIONAL or unicodedata.category(letter) in _REFUSED for letter in name
    )


def listed(names: Iterable[str], first: int = 5) -> str:
    """Names for a message, quoted and sorted; if there are many, only the first few."""
    ordered = sorted(names)
    more = len(ordered) - first
    return ", ".join(shown(name) for name in ordered[:first]) + (f" and {more:,} more" if more > 0 else "")


def shown(name: str) -> str:
    """A user's name as it appears in a message: quoted, not too long, without control characters."""
    text = name if len(name) <= 80 else f"{name[:40]}…{name[-30:]}"
    return repr(text) if text.isprintable() else ascii(text)
