"""Small things that every page uses: units, the error box, the empty state, charts."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from tlcore.errors import TlcoreError
from ui.shared.state import link


def percent(fraction: float | None, digits: int = 1) -> str:
    """0.953 is `95.3 %`."""
    return "–" if fraction is None else f"{fraction:.{digits}%}".replace("%", "\u202f%")


def interval(value: float, low: float, high: float) -> str:
    """`95.3 % (93.1–96.8)`."""
    return f"{percent(value)} ({bounds(low, high)})"


def bounds(low: float, high: float) -> str:
    """`93.1–96.8`, in percent; nothing where there is no interval."""
    return "" if math.isnan(low) else f"{100 * low:.1f}–{100 * high:.1f}"


def count(number: int) -> str:
    return f"{number:,}"


def seconds(value: float) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`."""
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size(number: float) -> str:
    """A number of bytes: `840 kB`, `5.2 MB`."""
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.1f} {unit}" if unit == "MB" else f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


def plain(text: str) -> str:
    """Text from outside, such as a class or file name, as Markdown that shows it and does nothing else."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()<>#+-.!|~:$&" else letter for letter in text)


def error_box(error: TlcoreError | str) -> None:
    """What went wrong and what to do, in one friendly box."""
    st.error(plain(str(error)).replace("\n", "  \n"), icon=":material/error:")


@contextmanager
def friendly_errors() -> Iterator[None]:
    """A user's mistake becomes one box, and the page ends there. Anything else is a bug and keeps its traceback."""
    try:
        yield
    except TlcoreError as error:
        error_box(error)
        st.stop()


def empty_state(
    sentence: str,
    button: str,
    *,
    key: str,
    icon: str = ":material/arrow_forward:",
    page: str | None = None,
    params: Mapping[str, str] | None = None,
) -> bool:
    """One sentence and one button that says what to do next. Goes to `page`, or tells that it was clicked."""
    with st.container(border=True, horizontal_alignment="center", key=f"{key}_empty"):
        st.markdown(f"#### {sentence}", text_alignment="center")
        clicked = st.button(button, key=key, type="primary", icon=icon)
    if clicked and page:
        link(page, **(params or {}))
    return clicked


def show_fact(label: str, value: str, help: str | None = None) -> None:
    """A label and its value at the ends of one line."""
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.markdown(f":gray[{label}]", width="content", help=help)
        st.markdown(f"**{value}**", width="content")


def show_figure(figure: go.Figure, key: str, on_select: Any = "ignore", **options: Any) -> Any:
    """A chart in the house's style; with `on_select="rerun"` what is selected comes back."""
    settings = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d"], "responsive": True}
    return st.plotly_chart(figure, key=key, on_select=on_select, config=settings, **options)
