"""The rows of a table as text cells: encoding, delimiter, limits. `columns` decides what the cells mean."""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tlcore.errors import DatasetInvalid, DatasetNotFound

TABLE_EXTENSIONS = (".csv", ".tsv", ".txt")
MAX_TABLE_BYTES = 256 << 20
MAX_ROWS = 2_000_000
"""ImageNet has 1.3 million images."""
MAX_COLUMNS = 10_000

_DELIMITERS = ",;\t|"
_QUOTED = re.compile(r'"[^"]*"')
_SAMPLED_LINES = 20
_SAMPLED = 1 << 16  # characters per line used to guess the delimiter
_CHUNK_BYTES = 1 << 20
_NOT_FALLBACK = re.compile(rb"[\x00\x81\x8d\x8f\x90\x9d]")
"""Bytes without a character in FALLBACK, and NUL, which no text has."""
_NOT_TEXT = "{} is not UTF-8 text, nor text of Western Europe (Windows-1252). Save it as CSV in UTF-8."


class Row(NamedTuple):
    line: int
    """Line number, from 1; for a row over several lines, the last one."""
    cells: list[str]
    """Cells without surrounding blanks."""


FALLBACK = "cp1252"
"""The encoding of a table that is not Unicode: that of Western Europe on Windows, in which Excel saves a CSV there."""


def encoding_note(path: Path) -> str:
    """What was assumed about the characters of a table; empty for Unicode. Raises as `read_rows` does."""
    with _words(path):
        if _check(path) != FALLBACK:
            return ""
    return (
        f"{path.name} is not UTF-8. It was read as Windows-1252, the encoding of Western Europe: if letters look "
        "wrong, save it as CSV in UTF-8."
    )


def read_rows(path: Path) -> Iterator[Row]:
    """The rows that are not blank. The file is UTF-8, or UTF-16 if it starts with its byte order mark; else it is read
    as FALLBACK, which `encoding_note` says.

    Cells are separated by commas, semicolons, tabs, pipes or blanks, whichever the first lines use.
    Raises DatasetNotFound without a file; DatasetInvalid if it is not text or exceeds MAX_TABLE_BYTES or MAX_ROWS.
    """
    line = 0
    with _words(path):
        encoding = _check(path)
    try:
        with path.open(encoding=encoding, newline="") as file:
            sample = [text for text in (file.readline(_SAMPLED) for _ in range(_SAMPLED_LINES)) if text.strip()]
            file.seek(0)
            delimiter = "\t" if path.suffix.lower() == ".tsv" else find_delimiter(sample)
            if delimiter == " ":
                yield from _divided_by_blanks(file, sample)
                return
            reader = csv.reader(file, delimiter=delimiter)
            for row in reader:
                line = reader.line_num
                if len(row) > MAX_COLUMNS:
                    raise DatasetInvalid(
                        f"{path}, line {line}: more than {MAX_COLUMNS:,} columns. Is it a table of images?"
                    )
                cells = [cell.strip() for cell in row]
                if any(cells):
                    yield Row(line, cells)
    except OSError as error:
        raise DatasetInvalid(f"Cannot read {path}: {error.strerror}.") from None
    except UnicodeError:
        raise DatasetInvalid(_NOT_TEXT.format(path)) from None
    except csv.Error as error:
        raise DatasetInvalid(f"{path}, line {line + 1}: not a readable row ({error}). Is a quote left open?") from None


@contextmanager
def _words(path: Path) -> Iterator[None]:
    """What is wrong with a file, in the words of `read_rows`."""
    try:
        yield
    except FileNotFoundError:
        raise DatasetNotFound(f"There is no table {path}. Check the path.") from None
    except OSError as error:
        raise DatasetInvalid(f"Cannot read {path}: {error.strerror}.") from None


def find_delimiter(lines: list[str]) -> str:
    """The delimiter of these lines: the first of `,;tab|` that occurs equally often in all of them, else a blank."""
    lines = [_QUOTED.sub("", line) for line in lines]
    for delimiter in _DELIMITERS:
        counts = {line.count(delimiter) for line in lines}
        if len(counts) == 1 and 0 not in counts:
            return delimiter
    first = lines[0] if lines else ""
    most = max(_DELIMITERS, key=first.count)
    return most if most in first or " " not in first.strip() else " "


def _check(path: Path) -> str:
    """The encoding of a file; checks that it is text, and that its size and number of lines are within the limits."""
    size = path.stat().st_size
    if size > MAX_TABLE_BYTES:
        raise DatasetInvalid(f"{path} is larger than {MAX_TABLE_BYTES >> 20} MiB, which no table of paths should be.")
    lines = 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = is_fallback = True
    with path.open("rb") as file:
        mark = file.read(2)
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            lines += chunk.count(b"\n")
            if lines > MAX_ROWS:
                raise DatasetInvalid(f"{path} has more than {MAX_ROWS:,} rows, which is more than is read. Divide it.")
            is_utf8 = is_utf8 and _decodes(decoder, chunk)
            is_fallback = is_fallback and not _NOT_FALLBACK.search(chunk)
        is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
    if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if not is_utf8 and not is_fallback:
        raise DatasetInvalid(_NOT_TEXT.format(path))
    return "utf-8-sig" if is_utf8 else FALLBACK


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _divided_by_blanks(file: Iterable[str], sample: list[str]) -> Iterator[Row]:
    """A line as in Caffe's lists: `images/a 0.jpg 0`. A path may contain blanks if only one more cell follows it."""
    alike = len({len(line.split()) for line in sample}) == 1
    for number, line in enumerate(file, start=1):
        cells = line.split() if alike else line.strip().rsplit(maxsplit=1)
        if cells:
            yield Row(number, cells)


def key_of(name: str) -> str:
    """A column's name for comparison: `Image Index`, `image-index` and `image_index` are the same."""
    return re.sub(r"[\s_.\-]+", "_", name.strip().casefold()).strip("_")
