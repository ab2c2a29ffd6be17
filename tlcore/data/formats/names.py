"""Which names from outside are taken as they are: all that can be stored and shown without misleading anybody."""

import unicodedata
from collections.abc import Iterable

# Embeddings, overrides and isolates: they change the order in which what follows is read
_DIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REFUSED = frozenset(("Cc", "Cs", "Zl", "Zp"))  # control characters, lone surrogates, line and paragraph separators


def is_harmless(name: str) -> bool:
    """Whether a name holds no control character, no directional override and nothing that is not Unicode.

    Blanks of all kinds, joiners and soft hyphens are fine: screenshots of a Mac, Persian and emoji need them.
    """
    return name.isprintable() or not any(
        letter in _DIRECTIONAL or unicodedata.category(letter) in _REFUSED for letter in name
    )


def listed(names: Iterable[str], first: int = 5) -> str:
    """Names for a message, quoted and sorted, the first few of many."""
    ordered = sorted(names)
    more = len(ordered) - first
    return ", ".join(shown(name) for name in ordered[:first]) + (f" and {more:,} more" if more > 0 else "")


def shown(name: str) -> str:
    """A name from outside in a message: quoted, not too long, without control characters."""
    text = name if len(name) <= 80 else f"{name[:40]}…{name[-30:]}"
    return repr(text) if text.isprintable() else ascii(text)
