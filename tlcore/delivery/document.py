"""A document as data, and as Markdown or HTML: the model card and the report have the same content.

All text is escaped here, where it is written, so that whoever makes a document need not know what comes from outside.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tlcore.delivery.escaping import LONGEST, code_block, in_html, in_markdown

LONGEST_PARAGRAPH = 4_000


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
    folded: bool = False
    """Whether HTML shows the title alone on a screen until it is opened. Paper has everything."""


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
    body = "\n".join(_html(block) for block in section.blocks)
    title = in_html(section.title)
    if section.folded:
        return f"<section><details><summary><h2>{title}</h2></summary>\n{body}\n</details></section>"
    return f"<section>\n<h2>{title}</h2>\n{body}\n</section>"


def _html(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{in_html(block.text, LONGEST_PARAGRAPH)}</p>"
    if isinstance(block, Bullets):
        items = "".join(f"<li>{in_html(item, LONGEST_PARAGRAPH)}</li>" for item in block.items)
        return f"<ul>{items}</ul>"
    if isinstance(block, Code):
        return f"<pre><code>{in_html_lines(block.text)}</code></pre>"
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


def in_html_lines(text: str) -> str:
    """Text of several lines, whole."""
    return "\n".join(
        in_html(line, len(line)) if not line.startswith(" ") else _indented(line) for line in text.split("\n")
    )


def _indented(line: str) -> str:
    bare = line.lstrip(" ")
    return " " * (len(line) - len(bare)) + in_html(bare, len(bare))


def _side(number: int, table: Table) -> str:
    return "" if number < table.left else ' class="number"'


def _picture(picture: Picture) -> str:
    data = base64.b64encode(picture.jpeg).decode()
    lines = "".join(f"<span>{in_html(line, LONGEST)}</span>" for line in picture.lines)
    return (
        f'<figure class="picture"><img alt="{in_html(picture.title)}" src="data:image/jpeg;base64,{data}">'
        f"<figcaption><b>{in_html(picture.title)}</b>{lines}</figcaption></figure>"
    )


def _matrix(matrix: Matrix) -> str:
    """The share of the true class is the strength of the colour, from 0 to 100, in steps of 1."""
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
        f'<div class="wide"><table class="matrix"><thead><tr><th>true ↓ predicted →</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
