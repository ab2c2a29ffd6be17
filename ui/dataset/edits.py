"""The edits of a dataset: a list with filters, undo, redo, discard all, and how to take the mended set elsewhere."""

import math
import shlex
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from tlcore.data.edits import open_edits
from tlcore.data.formats.records import samples_csv
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.words import count, shorten
from ui.dataset.detail import edit_words, show_image
from ui.dataset.parts import EDITS, open_part
from ui.shared.actions_bar import act, pick_include, pick_step
from ui.shared.cached import open_dataset
from ui.shared.hosting import is_hosted
from ui.shared.pictures import Picture, PictureGroup, picture_of, show_pictures
from ui.shared.views import pick_from_list

PER_PAGE = 12  # lines
IN_LINE = 12  # pictures of one line
LONGEST_WHY = 120
ALL = ""
ACTIONS = {
    "relabel": "another label",
    "exclude": "left out",
    "include": "brought back",
    "move": "another split",
    "accept": "called fine",
    "note": "a note",
    "add": "added",
    "discard": "all discarded",
}
_KEY = "dataset_edits"
_ACTION, _CLASS, _SEARCH, _PAGE = (f"{_KEY}_{name}" for name in ("action", "class", "search", "page"))


@st.fragment
def show_edits(source: str) -> None:
    dataset = open_dataset(source)
    table = open_edits(source, dataset).table()
    table = table[~table["action"].isin(("undo", "redo"))]
    if table.empty:
        st.info(
            "No edits yet. Choose images in the other parts of this page or on Compare, and give them another label, "
            "leave them out, or move them to another split. The files stay as they are.",
            icon=":material/edit_note:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        step = pick_step(source, _KEY)
        if st.button("Discard all", key=f"{_KEY}_discard", icon=":material/delete_sweep:"):
            _ask_to_discard(source)
    if step is not None:
        act(source, _KEY, step)
    rows = _filtered(table, *_filters(table))
    if rows.empty:
        st.info("No edit fits these filters.")
    else:
        _show_lines(source, rows)
    _show_ways_out(source)


def show_mark(source: str) -> None:
    """The number of edits in effect, as a button that leads to their list; nothing without edits."""
    edits = open_dataset(source).edits
    if edits is not None and edits.in_effect:
        st.button(
            count(len(edits.in_effect), "edit"),
            key=f"{_KEY}_mark",
            icon=":material/edit_note:",
            help="This dataset is mended: its labels and splits are not all those of its files.",
            on_click=open_part,
            args=(EDITS,),
        )


@st.dialog("Discard all edits?", icon=":material/delete_sweep:")
def _ask_to_discard(source: str) -> None:
    show_discarding(source)


def show_discarding(source: str) -> None:
    """What is in the dialog."""
    st.write(
        "Every image gets back its label and its split, and what was left out returns. Undo brings the edits back."
    )
    with st.container(horizontal=True, key=f"danger_{_KEY}"):
        if st.button("Discard all", key=f"{_KEY}_discard_yes", type="primary", icon=":material/delete_sweep:"):
            act(source, _KEY, lambda edits: edits.discard_all())
        if st.button("Keep them", key=f"{_KEY}_discard_no"):
            st.rerun()


def _filters(table: pd.DataFrame) -> tuple[str, str, str]:
    actions = {ALL: "all", **{name: ACTIONS.get(name, name) for name in dict.fromkeys(table["action"])}}
    relabelled = table[table["action"] == "relabel"]
    names = sorted({*relabelled["before"], *relabelled["after"]} - {""})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        action = pick_from_list(_ACTION, actions, "Action", width=170)
        label = pick_from_list(_CLASS, {ALL: "all", **{name: name for name in names}}, "Class", width=170)
        search = st.text_input(
            "Text",
            key=_SEARCH,
            placeholder="file, reason, note",
            icon=":material/search:",
            width=200,
            live=True,
            persist_state="session",
        )
    return action, label, search or ""


def _filtered(table: pd.DataFrame, action: str, label: str, search: str) -> pd.DataFrame:
    keep = pd.Series(True, index=table.index)
    if action != ALL:
        keep &= table["action"] == action
    if label != ALL:
        keep &= (table["action"] == "relabel") & ((table["before"] == label) | (table["after"] == label))
    if search.strip():
        text = table["id"] + "\n" + table["after"] + "\n" + table["why"]
        keep &= text.str.lower().str.contains(search.strip().lower(), regex=False)
    return table[keep]


def _show_lines(source: str, rows: pd.DataFrame) -> None:
    """One group of pictures per line of the edits, the newest first, and a button for those that leave images out."""
    numbers = sorted(rows["number"].unique(), reverse=True)
    pages = math.ceil(len(numbers) / PER_PAGE)
    page = st.pagination(pages, key=_PAGE) if pages > 1 else 1
    lines = {number: rows[rows["number"] == number] for number in numbers[(page - 1) * PER_PAGE : page * PER_PAGE]}
    shown = {number: line[line["id"] != ""].head(IN_LINE) for number, line in lines.items()}
    jpegs = thumbnails(open_dataset(source).source, list(dict.fromkeys(pd.concat(shown.values())["id"])))
    groups: list[PictureGroup] = []
    clicked: str | None = None
    for number, line in lines.items():
        groups.append(
            PictureGroup(
                _heading(line), tuple(_picture(row, jpegs.get(row["id"])) for row in shown[number].to_dict("records"))
            )
        )
        left_out = _left_out_by(source, int(number))
        if left_out or number == list(lines)[-1]:
            clicked = show_pictures(groups, f"{_KEY}_pictures_{number}") or clicked
            groups = []
        if left_out:
            back = pick_include(left_out, f"{_KEY}_{number}")
            if back is not None:
                act(source, _KEY, back)
    if clicked:
        show_image(source, clicked)


def _left_out_by(source: str, number: int) -> list[str]:
    """Ids of the images that a line of the edits leaves out and that no later line has brought back."""
    edits = open_dataset(source).edits
    if edits is None or number not in edits.in_effect or edits.in_effect[number].action != "exclude":
        return []
    return [name for now in edits.found[number].values() for name in now if name in edits.left_out]


def _heading(line: pd.DataFrame) -> str:
    first = line.iloc[0]
    images = int((line["id"] != "").sum())
    what = ACTIONS.get(first["action"], first["action"])
    more = f", {IN_LINE} of {count(images)}" if images > IN_LINE else ""
    undone = "" if line["in_effect"].any() else " · not in effect"
    why = f" · {shorten(first['why'], LONGEST_WHY)}" if first["why"] else ""
    return f"{first['number']}. {what.capitalize()}{more} · {_when(first['at'])}{why}{undone}"


def _when(at: object) -> str:
    """A time in ISO 8601 as `2026-11-26 14:03`."""
    return str(at)[:16].replace("T", " ")


def _picture(row: Mapping[Any, Any], jpeg: bytes | None) -> Picture:
    return picture_of(row["id"], jpeg, edit_words(row), "" if row["in_effect"] else "not in effect")


def _show_ways_out(source: str) -> None:
    dataset = open_dataset(source)
    with st.expander("Take the mended set elsewhere", icon=":material/output:", key=f"{_KEY}_out"):
        st.download_button(
            "Images, labels and splits as CSV",
            data=lambda: samples_csv(dataset),
            file_name=f"{dataset.name}-mended.csv",
            mime="text/csv",
            key=f"{_KEY}_csv",
            icon=":material/download:",
            on_click="ignore",
        )
        if not is_hosted():
            st.caption("From the terminal: the list, and the images in class folders with a table of the changes.")
            data = shlex.quote(source)
            st.code(
                f"python -m tlcore edits --data {data} list\npython -m tlcore edits --data {data} export --out FOLDER",
                language="bash",
                wrap_lines=True,
            )
