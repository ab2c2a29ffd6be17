"""A paged gallery of test images with what was predicted: right or wrong by a mark, a word and a colour."""

import base64
import html
import math
from collections.abc import Callable, Hashable
from typing import Any, Literal

import pandas as pd
import streamlit as st

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.dataset import ImageSource
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.errors import TlcoreError
from tlcore.figures.style import BAD, GOOD
from tlcore.runs.folder.run import Run
from tlcore.words import percent

PER_PAGE = 48
Extra = Callable[[pd.DataFrame], list[str]]

_STYLE = """<style>
.tl-gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(132px,1fr));gap:.7rem;line-height:1.3}
.tl-card{border:1px solid color-mix(in srgb,currentColor 18%,transparent);border-radius:.5rem;overflow:hidden;
font-size:.8rem;min-width:0}
.tl-card .tl-picture{position:relative;aspect-ratio:1;background:color-mix(in srgb,currentColor 6%,transparent)}
.tl-card img{width:100%;height:100%;object-fit:contain;display:block}
.tl-card .tl-mark{position:absolute;top:.35rem;left:.35rem;color:#fff;border-radius:1rem;padding:0 .45rem;
font-weight:600;font-size:.72rem;line-height:1.35rem}
.tl-card .tl-text{padding:.4rem .5rem .5rem}
.tl-card .tl-line{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.tl-card .tl-faint{opacity:.75;font-size:.75rem}
</style>"""


def show_gallery(
    run: Run,
    table: pd.DataFrame,
    key: str,
    *,
    empty: str = "No such images.",
    bind: bool = False,
    per_page: int = PER_PAGE,
    extra: Extra | None = None,
) -> None:
    """Images of a run in the order of `table`, whose rows are as `evaluation.tables.predictions_table` has them.

    `extra` says a further line for each of the rows that are shown. With `bind`, the page number stands in the address.
    """
    if table.empty:
        st.caption(empty)
        return
    st.fragment(_show_page)(run, table, key, "query-params" if bind else None, per_page, extra)


def _show_page(
    run: Run, table: pd.DataFrame, key: str, bind: Literal["query-params"] | None, per_page: int, extra: Extra | None
) -> None:
    pages = math.ceil(len(table) / per_page)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=key, bind=bind)
    rows = table.iloc[(page - 1) * per_page : page * per_page]
    pictures = _pictures(run, list(rows["id"]))
    lines = extra(rows) if extra else [""] * len(rows)
    records = rows.to_dict("records")
    cards = "".join(_card(row, pictures.get(row["id"]), line) for row, line in zip(records, lines, strict=True))
    st.html(f'{_STYLE}<div class="tl-gallery">{cards}</div>')


def _pictures(run: Run, ids: list[str]) -> dict[str, bytes]:
    """By id. Missing are images that cannot be read, and all of them where the dataset is gone."""
    try:
        return thumbnails(_source(run.config.data.model_dump_json()), ids)
    except TlcoreError:
        return {}


@st.cache_resource(max_entries=16, ttl=600, show_spinner=False)
def _source(data: str) -> ImageSource:
    return open_dataset(DataConfig.model_validate_json(data)).source


def _card(row: dict[Hashable, Any], picture: bytes | None, extra: str) -> str:
    colour, mark, word = (GOOD, "✓", "right") if row["right"] else (BAD, "✕", "wrong")
    name, target = html.escape(row["id"]), html.escape(row["target"])
    source = "" if picture is None else f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
    faint = [f"{percent(row['confidence'], 0)} sure, loss {row['loss']:.2f}", extra, row["id"].rpartition("/")[2]]
    lines = ([] if row["right"] else [f"taken for {row['predicted']}"]) + [line for line in faint if line]
    return (
        f'<div class="tl-card" style="border-bottom:3px solid {colour}"><div class="tl-picture">'
        f'<img src="{source}" alt="{name}"><span class="tl-mark" style="background:{colour}">{mark} {word}</span></div>'
        f'<div class="tl-text" title="{name}"><div class="tl-line"><b>{target}</b></div>'
        + "".join(f'<div class="tl-line tl-faint">{html.escape(line)}</div>' for line in lines)
        + "</div></div>"
    )
