"""Text from outside (class names, file names, notes) in HTML and Markdown: shown as it is, never interpreted."""

import html
import re
import unicodedata

from tlcore.words import shorten

LONGEST = 300
"""Longest text that is shown, in characters."""
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Categories of characters that are invisible, or turn the direction of writing."""
_MEANT = re.compile(
    r"[\\`*\[\]<>&|~$#{}^]|^[-+=>]|(?<![^\W_])_|_(?![^\W_])|:(?=[a-zA-Z+-][\w+-]*:)|(?<=^\d)[.)]\B|(?<=^\d\d)[.)]\B"
)
"""What Markdown, GitHub's and the Hub's dialects included, would interpret within a line or at its beginning."""
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp|www)(?=[.:])|@")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;", "`": "&#96;"}


def visible(text: object, longest: int = LONGEST) -> str:
    """The text in one line, cut to so many characters, with a mark for each character that cannot be seen."""
    line = " ".join(str(text).split())
    return shorten("".join("\N{REPLACEMENT CHARACTER}" if _is_hidden(letter) else letter for letter in line), longest)


def in_html(text: object, longest: int = LONGEST) -> str:
    """The text for an element or a quoted attribute."""
    return html.escape(visible(text, longest))


def in_markdown(text: object, longest: int = LONGEST) -> str:
    """The text as a paragraph or a cell of a table, in which nothing means anything to Markdown or HTML.

    An address gets an invisible space, because some renderers make a link of any address, escaped or not.
    """
    escaped = _MEANT.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), visible(text, longest))
    return _ADDRESS.sub("\\g<0>\N{ZERO WIDTH SPACE}", escaped)


def code_block(text: str) -> str:
    """The text as a fenced block of Markdown, with a fence that is longer than any in the text."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}\n{text}\n{fence}"


def _is_hidden(letter: str) -> bool:
    return unicodedata.category(letter) in _HIDDEN
