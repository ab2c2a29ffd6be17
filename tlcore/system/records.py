"""The one reader of JSON records: limited in size and depth, typed, with errors that name the file and the field.

A record may come from anybody: an uploaded recipe, a copied run folder, an incomplete file. Nothing here knows the
purpose of a record; the caller gives its type, and the kind of error to raise.
"""

import functools
import json
import math
import os
import stat
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError

from tlcore.errors import RecordError, TlcoreError

MAX_BYTES = 16 << 20
MAX_DEPTH = 64
PROBLEMS = 20  # most problems listed in one message
_SHOWN = 60  # longest wrong value in a message, in characters

T = TypeVar("T")


def read_record(
    path: Path, kind: type[T], what: str, *, error: type[TlcoreError] = RecordError, max_bytes: int = MAX_BYTES
) -> T:
    """The record in a file, as a value of `kind`: a pydantic model, or a type that pydantic can validate.

    `what` is its description in messages, with an article: `a recipe`. Raises FileNotFoundError if there is no such
    file, and `error` for all other problems.
    """
    return as_record(read_json(path, what, error=error, max_bytes=max_bytes), kind, what, str(path), error=error)


def read_json(path: Path, what: str, *, error: type[TlcoreError] = RecordError, max_bytes: int = MAX_BYTES) -> Any:
    """The plain data in a JSON file. Raises as `read_record` does."""
    return parse_json(read_bytes(path, what, error=error, max_bytes=max_bytes), what, str(path), error=error)


def read_bytes(path: Path, what: str, *, error: type[TlcoreError] = RecordError, max_bytes: int = MAX_BYTES) -> bytes:
    """The content of a file of any kind. Raises as `read_record` does."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise error(f"{path} is not a file, so it is not {what}.")
            content = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise
    except IsADirectoryError:
        raise error(f"{path} is a folder, so it is not {what}.") from None
    except (OSError, ValueError) as failure:  # ValueError: a zero byte in the path
        reason = failure.strerror if isinstance(failure, OSError) else str(failure)
        raise error(f"Cannot read {path}: {reason}.") from None
    if len(content) > max_bytes:
        raise error(f"{path} is larger than {max_bytes >> 20} MiB, so it is not {what}.")
    return content


def parse_json(content: bytes | str, what: str, where: str, *, error: type[TlcoreError] = RecordError) -> Any:
    """Plain data from JSON in UTF-8, or UTF-16 or UTF-32, with or without a byte order mark.

    Raises `error` for invalid JSON, NaN and infinity, numbers beyond 64 bits, text that cannot be encoded, and more
    than MAX_DEPTH levels.
    """
    try:
        text = content if isinstance(content, str) else content.decode(json.detect_encoding(content))
        data = json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_no_number)
    except RecursionError:
        raise error(f"{where} is not {what}: it is nested too deeply.") from None
    except ValueError as failure:  # also UnicodeDecodeError, JSONDecodeError
        raise error(f"{where} is not {what}: it cannot be read as JSON ({_reason(failure)}).") from None
    _check(data, what, where, error)
    return data


def as_record(data: Any, kind: type[T], what: str, where: str, *, error: type[TlcoreError] = RecordError) -> T:
    """Plain data as a value of `kind`. Raises `error`, which lists the problems by field."""
    try:
        record: T = _adapter(kind).validate_python(data)  # type: ignore[arg-type]  # a type is hashable
        return record
    except ValidationError as failure:
        raise error(f"{where} is not {what}:\n{list_problems(failure)}") from None


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def list_problems(failure: ValidationError) -> str:
    """A line for each problem that pydantic found: field, problem, and the given value."""
    details = failure.errors(include_url=False)
    lines = [f"  {field_of(detail)}: {problem_of(detail)}" for detail in details[:PROBLEMS]]
    more = len(details) - PROBLEMS
    return "\n".join([*lines, f"  and {more} more"] if more > 0 else lines)


def field_of(detail: Any) -> str:
    """The path of a field, such as `optimizer.name`."""
    return ".".join(shown(part) if isinstance(part, int) else _cut(str(part)) for part in detail["loc"]) or "the whole"


def problem_of(detail: Any) -> str:
    """The problem with a field, in pydantic's words."""
    message = str(detail["msg"]).removeprefix("Value error, ")
    said = detail["type"] in ("value_error", "missing", "extra_forbidden")
    return message if said else f"{message} (given: {shown(detail['input'])})"


def shown(value: Any) -> str:
    """A value of any size, shortened for a message."""
    if isinstance(value, str):
        return repr(_cut(value))
    if isinstance(value, bool | int | float) or value is None:
        return _cut(repr(value))
    if isinstance(value, list | tuple):
        return "a list"
    return "an object" if isinstance(value, dict) else type(value).__name__


def _check(data: Any, what: str, where: str, error: type[TlcoreError]) -> None:
    """Check the depth, and that all text can be encoded. Works level by level, so any depth is safe."""
    level, depth = [data], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise error(f"{where} is not {what}: it is nested more than {MAX_DEPTH} levels deep.")
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += value.keys()
                inner += value.values()
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, str) and not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
                raise error(f"{where} is not {what}: it contains text that is not valid Unicode.")
        level = inner


def _whole(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
        raise ValueError(f"the number {_cut(digits)} is too large")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {_cut(digits)} is too large")
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _reason(failure: ValueError) -> str:
    if isinstance(failure, UnicodeDecodeError):
        return "it is not text in UTF-8"
    return str(failure)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
