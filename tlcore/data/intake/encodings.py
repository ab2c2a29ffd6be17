"""Guess the encoding of the names in a zip that is not marked as UTF-8, from the names themselves.

Windows Explorer writes names in the code page of its country without recording which one.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple


class _Guess(NamedTuple):
    encoding: str
    words: str
    """Name of the encoding for people."""
    fits: Callable[[str], bool]
    """Whether the decoded names, taken together, look plausible."""


def find_encoding(names: Iterable[bytes]) -> tuple[str, str]:
    """The encoding of all names, for Python and in words. If all are ASCII it is UTF-8, and the words are empty."""
    whole = b"\n".join(name for name in names if not name.isascii())
    if _decoded(whole, "utf-8") is not None:
        return "utf-8", ""
    for guess in _GUESSES:
        text = _decoded(whole, guess.encoding)
        if text is not None and guess.fits(text):
            return guess.encoding, guess.words
    return max(("cp850", "cp437"), key=lambda name: _letters(whole.decode(name))), "a code page of Western Europe"


def _decoded(names: bytes, encoding: str) -> str | None:
    try:
        return names.decode(encoding)
    except UnicodeDecodeError:
        return None


def _letters(text: str) -> int:
    return sum(letter.isalpha() for letter in text)


def _is_japanese(text: str) -> bool:
    """Whether there are only kana, or kanji not next to Latin letters."""
    foreign = [letter for letter in text if not letter.isascii()]
    known = all(
        "\u3000" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\u9fff" or letter in _WIDE for letter in foreign
    )
    return known and (bool(re.search("[\u3041-\u30ff]", text)) or not _is_mixed(text))


def _is_cyrillic(text: str) -> bool:
    """Whether the words have only Cyrillic letters, on average at least two."""
    words = re.findall(r"[^\W\d_]+", text)
    foreign = [word for word in words if not word.isascii()]
    pure = all(re.fullmatch("[\u0400-\u04ff]+", word) for word in foreign)
    others = any(not letter.isascii() and not letter.isalpha() for letter in text)
    return bool(foreign) and pure and not others and sum(map(len, foreign)) >= 2 * len(foreign)


def _is_mixed(text: str) -> bool:
    """Whether a Latin letter is right next to an ideograph or Hangul: a sign of German text decoded as Chinese."""
    return bool(re.search("[A-Za-z][\u4e00-\u9fff\uac00-\ud7a3]|[\u4e00-\u9fff\uac00-\ud7a3][a-z]", text))


_WIDE = frozenset("々〆〇ー・！（）【】～")
_GUESSES = (
    _Guess("shift_jis", "Shift-JIS (Japanese)", _is_japanese),
    _Guess("gb2312", "GBK (Chinese)", lambda text: True),
    _Guess("gbk", "GBK (Chinese)", lambda text: not _is_mixed(text)),
    _Guess("big5", "Big5 (Chinese)", lambda text: not _is_mixed(text)),
    _Guess("cp949", "the Korean code page", lambda text: not _is_mixed(text)),
    _Guess("cp866", "the Cyrillic code page", _is_cyrillic),
)
