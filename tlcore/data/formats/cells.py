"""Cells of CSV files that people open in a spreadsheet, which would compute text that looks like a formula."""

from typing import TypeVar

T = TypeVar("T")


def escape_cell(value: T) -> T | str:
    """The value with an apostrophe in front if a spreadsheet would take it for a formula; numbers stay.

    Source: OWASP, "CSV Injection".
    """
    if not isinstance(value, str) or not value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
