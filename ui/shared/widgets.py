"""Small parts that every page uses: escaped text, the error box, the empty state, charts."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from tlcore.errors import TlcoreError
from tlcore.figures.style import describe_figure
from tlcore.system.failures import as_user_error, without_paths
from tlcore.words import count
from ui.shared.hosting import is_hosted
from ui.shared.state import link

_MADE_A_LINK = re.compile(r"www(?=\.)|@", re.IGNORECASE)
LISTED = 3  # of what is left out, so many are told with the reason


def escape_markdown(text: str) -> str:
    """Escape text from outside, such as a class or file name, so that Markdown shows it unchanged.

    Streamlit also makes links of `www.` and addresses of e-mails after it has read the escapes: an invisible character,
    which forbids a line break, takes them apart.
    """
    text = _MADE_A_LINK.sub("\\g<0>\u2060", text)
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()<>#+-.!|~:$&" else letter for letter in text)


def error_box(error: TlcoreError | str) -> None:
    """Show what went wrong and what to do, in one friendly box. Visitors are shown no path of the server."""
    st.error(escape_markdown(without_paths(str(error))).replace("\n", "  \n"), icon=":material/error:")


@contextmanager
def friendly_errors() -> Iterator[None]:
    """A user's mistake becomes one box, and the page stops. Any other exception is a bug and keeps its traceback."""
    try:
        yield
    except Exception as error:
        known = as_user_error(error)
        if known is None:
            raise
        error_box(known)
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
    """One sentence, and one button for the next step. It opens `page`; without one, returns whether it was clicked."""
    with st.container(border=True, horizontal_alignment="center", key=f"{key}_empty"):
        st.markdown(f"#### {sentence}", text_alignment="center")
        clicked = st.button(button, key=key, type="primary", icon=icon)
    if clicked and page:
        link(page, **(params or {}))
    return clicked


def note_left_out(what: str, reasons: Mapping[str, str]) -> None:
    """A word about records of the user that a list leaves out, by name, and why; nothing where all can be read.

    Strangers are told the names alone: a reason names a path of the server.
    """
    if not reasons:
        return
    told = list(reasons) if is_hosted() else [" ".join(reason.split()) for reason in reasons.values()]
    listed = "  \n".join(escape_markdown(text) for text in told[:LISTED])
    more = f"  \nand {len(told) - LISTED} more" if len(told) > LISTED else ""
    st.caption(f":material/warning: {count(len(told), what)} left out, unreadable:  \n{listed}{more}")


def show_fact(label: str, value: str, help: str | None = None) -> None:
    """A label and its value at the two ends of one line."""
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.markdown(f":gray[{label}]", width="content", help=help)
        st.markdown(f"**{value}**", width="content")


def show_figure(
    figure: go.Figure,
    key: str,
    on_select: Any = "ignore",
    *,
    alt: str = "",
    mode_bar: bool = True,
    lasso: bool = False,
    **options: Any,
) -> Any:
    """Show a chart in the common style. With `on_select="rerun"`, returns what is selected. With `lasso`, its tools
    are those that select many points.

    On a touch screen dragging is off, so that a finger scrolls the page; a tap still shows values and selects. `alt`
    describes the chart for people who cannot see it; by default it names the axes and lines. A chart without
    `mode_bar` has no stop for the keyboard: for charts without interaction.
    """
    touch = is_touch()
    if touch:
        figure = go.Figure(figure)  # a copy: the figure may be cached for all visitors
        figure.update_layout(dragmode=False)
        figure.update_xaxes(fixedrange=True)
        figure.update_yaxes(fixedrange=True)
    settings = {
        "displaylogo": False,
        "displayModeBar": "hover" if mode_bar and not touch else False,
        "modeBarButtonsToRemove": [] if lasso else ["lasso2d", "select2d"],
        "responsive": True,
        "showAxisRangeEntryBoxes": False,  # else a click on an axis label would open a number field
        "scrollZoom": False,
    }
    alt = alt or describe_figure(figure)
    return st.plotly_chart(figure, key=key, on_select=on_select, config=settings, alt=alt, **options)


def is_touch() -> bool:
    """Whether the visitor uses a touch screen, judged by the browser's User-Agent."""
    agent = st.context.headers.get("User-Agent", "")
    return any(word in agent for word in ("Mobi", "Android", "iPhone", "iPad"))
