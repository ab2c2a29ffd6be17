"""Cells of CSV files that people open in a spreadsheet, which would compute text that looks like a formula."""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import pandas as pd

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


def escape_table(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table with `escape_cell` on each heading and on each cell of the columns that are not numbers."""
    result = table.copy()
    for name in table.select_dtypes(exclude=["number", "bool"]).columns:
        result[name] = [escape_cell(value) for value in table[name]]
    return result.rename(columns=escape_cell)
