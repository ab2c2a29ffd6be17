"""Whose bytes are whose: what a visitor receives is searched for the words and pictures of all others."""

import hashlib
import random
import re
from collections import defaultdict
from dataclasses import dataclass, field

_WORD = re.compile(rb"zq[a-z]{10}qz", re.IGNORECASE)
_PICTURE = re.compile(rb"data:image/(?:jpeg|png|webp|gif);base64,([A-Za-z0-9+/=]+)")
_AROUND = 80
"""Bytes on each side of a word that is reported."""
_SMALLEST = 200
"""Bytes of a picture that can belong to somebody: smaller ones are icons or of one colour."""


def new_word(draw: random.Random) -> str:
    """A word that occurs nowhere else, without characters that Markdown or an address would escape."""
    return f"zq{''.join(draw.choices('abcdefghijklmnop', k=10))}qz"


@dataclass
class Audit:
    """One for all visitors. A picture is a visitor's own if that visitor has seen it only since uploading."""

    owners: dict[bytes, int] = field(default_factory=dict)
    """Secret word -> number of the visitor."""
    words_found: dict[tuple[int, int], list[str]] = field(default_factory=lambda: defaultdict(list))
    """(who received it, whose it is) -> where, with what stands around the word."""
    bytes_searched: int = 0
    _uploaded: set[int] = field(default_factory=set)
    _before: dict[int, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    _since: dict[int, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    _sent: dict[bytes, int] = field(default_factory=dict)

    def note_upload(self, visitor: int, files: list[bytes]) -> None:
        """From now on what the visitor sees may be private; the uploaded files themselves are."""
        self._uploaded.add(visitor)
        self._sent.update((_digest(data), visitor) for data in files)

    def search(self, visitor: int, path: str, data: bytes) -> None:
        if path.startswith("/static/"):
            return  # Streamlit's own files
        self.bytes_searched += len(data)
        for found in _WORD.finditer(data):
            owner = self.owners.get(found[0].lower())
            if owner is not None and owner != visitor:
                around = data[max(0, found.start() - _AROUND) : found.end() + _AROUND]
                self.words_found[visitor, owner].append(f"{path}: {around!r}")
        seen = (self._since if visitor in self._uploaded else self._before)[visitor]
        for picture in _PICTURE.findall(data):
            if len(picture) >= _SMALLEST:
                seen.add(_digest(picture))
        if path.startswith("/media/") and len(data) >= _SMALLEST:
            seen.add(_digest(data))

    def pictures_found(self) -> dict[tuple[int, int], int]:
        """(who received it, whose it is) -> pictures."""
        found: dict[tuple[int, int], int] = defaultdict(int)
        everybody = {visitor: self._before[visitor] | self._since[visitor] for visitor in self.owners.values()}
        for owner, since in list(self._since.items()):
            own = since - self._before[owner]
            for visitor, seen in everybody.items():
                both = len(own & seen) if visitor != owner else 0
                if both:
                    found[visitor, owner] += both
        for visitor, seen in everybody.items():
            for digest in seen & self._sent.keys():
                if self._sent[digest] != visitor:
                    found[visitor, self._sent[digest]] += 1
        return found

    @property
    def pictures_seen(self) -> int:
        return len(set().union(*self._before.values(), *self._since.values()))


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=12).digest()
