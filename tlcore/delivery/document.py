"""A document as data, and as Markdown or HTML: the model card and the report have the same content.

All text is escaped here, where it is written, so that whoever makes a document need not know what comes from outside.
"""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from tlcore.delivery.escaping import LONGEST, code_block, in_html, in_markdown

LONGEST_PARAGRAPH = 4_000
UPRIGHT = 6
"""The names over more columns of a matrix are turned."""
LONG_CODE = 40
"""Code of more lines is printed in two columns."""


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class Bullets:
    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    """So many columns from the left are text; the others are numbers, at the right side of their column."""
    note: str = ""
    """A sentence below it."""


@dataclass(frozen=True)
class Code:
    text: str


@dataclass(frozen=True)
class Drawing:
    """A picture of lines, made here. It is no part of Markdown, which has the numbers in a table."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Picture:
    jpeg: bytes
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Pictures:
    """Images of the dataset. They are no part of Markdown."""

    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Matrix:
    """Counts of images: true classes down, predicted ones across. In HTML each cell has the colour of its share."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


Block: TypeAlias = Paragraph | Bullets | Table | Code | Drawing | Pictures | Matrix


@dataclass(frozen=True)
class Section:
    title: str
    blocks: tuple[Block, ...]
    name: str = ""
    """By which a caller finds it, to add to it."""


def as_markdown(sections: Sequence[Section]) -> str:
    parts = []
    for section in sections:
        parts.append(f"## {in_markdown(section.title)}")
        parts += [text for block in section.blocks if (text := _markdown(block))]
    return "\n\n".join(parts) + "\n"


def as_html(sections: Sequence[Section]) -> str:
    return "\n".join(_section(section) for section in sections)


def _markdown(block: Block) -> str:
    if isinstance(block, Paragraph):
        return in_markdown(block.text, LONGEST_PARAGRAPH)
    if isinstance(block, Bullets):
        return "\n".join(f"- {in_markdown(item, LONGEST_PARAGRAPH)}" for item in block.items)
    if isinstance(block, Code):
        return code_block(block.text)
    if isinstance(block, Matrix):
        rows = tuple(
            (name, *(f"{count:,}" for count in counts))
            for name, counts in zip(block.classes, block.counts, strict=True)
        )
        return _markdown(Table(("true class ↓, predicted →", *block.classes), rows))
    if isinstance(block, Table):
        ruler = ["---"] * block.left + ["---:"] * (len(block.columns) - block.left)
        lines = [
            f"| {' | '.join(cells)} |"
            for cells in (
                [in_markdown(name) or " " for name in block.columns],
                ruler,
                *([in_markdown(cell) or " " for cell in row] for row in block.rows),
            )
        ]
        note = f"\n\n{in_markdown(block.note, LONGEST_PARAGRAPH)}" if block.note else ""
        return "\n".join(lines) + note
    return ""


def _section(section: Section) -> str:
    """The drawings of a section that follow each other stand side by side where there is room."""
    parts = []
    for is_drawing, blocks in groupby(section.blocks, key=lambda block: isinstance(block, Drawing)):
        body = "\n".join(_html(block) for block in blocks)
        parts.append(f'<div class="charts">{body}</div>' if is_drawing else body)
    body = "\n".join(parts)
    return f"<section>\n<h2>{in_html(section.title)}</h2>\n{body}\n</section>"


def _html(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{in_html(block.text, LONGEST_PARAGRAPH)}</p>"
    if isinstance(block, Bullets):
        items = "".join(f"<li>{in_html(item, LONGEST_PARAGRAPH)}</li>" for item in block.items)
        return f"<ul>{items}</ul>"
    if isinstance(block, Code):
        lines = block.text.split("\n")
        kind = ' class="long"' if len(lines) > LONG_CODE else ""
        return f"<pre{kind}><code>{html.escape(block.text)}</code></pre>"
    if isinstance(block, Drawing):
        return f"<figure>{block.svg}<figcaption>{in_html(block.caption, LONGEST_PARAGRAPH)}</figcaption></figure>"
    if isinstance(block, Pictures):
        return f'<div class="pictures">{"".join(map(_picture, block.pictures))}</div>'
    if isinstance(block, Matrix):
        return _matrix(block)
    heads = "".join(f"<th{_side(number, block)}>{in_html(name)}</th>" for number, name in enumerate(block.columns))
    rows = "".join(
        f"<tr>{''.join(f'<td{_side(number, block)}>{in_html(cell)}</td>' for number, cell in enumerate(row))}</tr>"
        for row in block.rows
    )
    note = f'<p class="note">{in_html(block.note, LONGEST_PARAGRAPH)}</p>' if block.note else ""
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{note}'


def _side(number: int, table: Table) -> str:
    return "" if number < table.left else ' class="number"'


def _picture(picture: Picture) -> str:
    data = base64.b64encode(picture.jpeg).decode()
    shown = f'<img alt="{in_html(picture.title)}" src="data:image/jpeg;base64,{data}">' if data else ""
    lines = "".join(f"<span>{in_html(line, LONGEST)}</span>" for line in picture.lines)
    return f'<figure class="picture">{shown}<figcaption><b>{in_html(picture.title)}</b>{lines}</figcaption></figure>'


def _matrix(matrix: Matrix) -> str:
    """The share of the true class is the strength of the colour, from 0 to 100, in steps of 1."""
    many = " many" if len(matrix.classes) > UPRIGHT else ""
    heads = "".join(f'<th class="across"><span>{in_html(name, 24)}</span></th>' for name in matrix.classes)
    rows = ""
    for row, (name, counts) in enumerate(zip(matrix.classes, matrix.counts, strict=True)):
        total = max(1, sum(counts))
        cells = ""
        for column, count in enumerate(counts):
            kind = "right" if row == column else "wrong"
            strength = round(100 * count / total)
            cells += f'<td class="{kind}" style="--share:{strength}%">{f"{count:,}" if count else "·"}</td>'
        rows += f"<tr><th>{in_html(name, 24)}</th>{cells}</tr>"
    return (
        f'<div class="wide"><table class="matrix{many}"><thead><tr><th>true ↓ predicted →</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
