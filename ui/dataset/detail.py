"""One large image with its measurements, findings and edits, and what can be done with it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from tlcore.config import DataConfig, RunConfig
from tlcore.data.edits import open_edits
from tlcore.data.health.audit import Finding
from tlcore.words import percent, size
from ui.dataset.data import look_at, small_pictures
from ui.dataset.network import network_parts, usual_network
from ui.shared.actions_bar import act, pick_include, show_actions
from ui.shared.cached import open_dataset
from ui.shared.labels_now import labels_now
from ui.shared.pictures import show_large
from ui.shared.similar import show_similar
from ui.shared.state import DETAIL_SHOWN
from ui.shared.widgets import escape_markdown
from ui.shared.work import work_key

LEFT_OUT = "Left out"


def show_image(source: str, sample_id: str) -> None:
    """Open the dialog with this image, also if the last one was left at another image that is similar to it."""
    st.session_state.pop(DETAIL_SHOWN, None)
    _show_dialog(source, sample_id)


@st.dialog("Image", width="medium", icon=":material/image:")
def _show_dialog(source: str, sample_id: str) -> None:
    opened, shown = st.session_state.get(DETAIL_SHOWN, ("", ""))
    show_detail(source, shown if opened == sample_id else sample_id, opened=sample_id)


def show_detail(source: str, sample_id: str, opened: str = "") -> None:
    """What is in the dialog, which was opened for another image if this one was clicked among the most similar ones.

    An image that was left out is shown with its edits.
    """
    label = labels_now(source).get(sample_id)
    edits = _edits_of(source, sample_id)
    if label is None and not edits:
        st.info("This image is no longer in the dataset.")
        return
    picture, details = st.columns([1.6, 1], gap="medium")
    with picture:
        show_large(open_dataset(source).source, sample_id)
    with details:
        st.subheader(escape_markdown(LEFT_OUT if label is None else label.name))
        lines = [("File", sample_id)]
        if label is not None:
            lines += [("Split", label.split), *_measured_lines(source, sample_id)]
        for name, value in [*lines, *edits]:
            st.caption(f"{name}  \n**{escape_markdown(value)}**")
    if sample_id in open_dataset(source).left_out:
        back = pick_include([sample_id], "dataset_detail")
        if back is not None:
            act(source, "dataset_detail", back)
    show_actions(source, [] if label is None else [sample_id], "dataset_detail")
    if label is not None:
        clicked = _show_most_similar(source, sample_id)
        if clicked and opened:
            st.session_state[DETAIL_SHOWN] = opened, clicked
            st.rerun(scope="fragment")


def _show_most_similar(source: str, sample_id: str) -> str | None:
    model = usual_network()
    work = work_key("neighbours", source, *network_parts(model))
    labels = labels_now(source)
    return show_similar(
        "dataset_detail",
        "Most similar",
        work,
        ["neighbours", "--json"],
        RunConfig(data=DataConfig(source=source), model=model),
        source,
        sample_id,
        lambda ids: small_pictures(source, tuple(ids)),
        lambda name: (labels[name].name, labels[name].split) if name in labels else (),
    )


def edit_words(row: Mapping[Any, Any]) -> str:
    """What an edit does to an image, from a row of the table of edits: `ants → bees`."""
    if row["action"] == "accept":
        return f"fine: {row['after'].replace('_', ' ')}"
    return f"{row['before']} → {row['after']}" if row["before"] else str(row["after"])


def _edits_of(source: str, sample_id: str) -> list[tuple[str, str]]:
    """The edits of one image that are in effect: number and day, and words."""
    table = open_edits(source, open_dataset(source)).table()
    rows = table[(table["id"] == sample_id) & table["in_effect"].astype(bool)]
    return [(f"Edit {row['number']}, {row['at'][:10]}", edit_words(row)) for row in rows.to_dict("records")]


def _measured_lines(source: str, sample_id: str) -> list[tuple[str, str]]:
    report = look_at(source).report
    measured = None if report is None else report.table[report.table["id"] == sample_id]
    if report is None or measured is None or measured.empty:
        return []
    return _measured({str(name): value for name, value in measured.iloc[0].items()}, report.findings)


def _measured(row: Mapping[str, Any], findings: Sequence[Finding]) -> list[tuple[str, str]]:
    if row["reason"]:
        return [("Cannot be read", row["reason"])]
    lines = [
        ("Size", f"{row['width']} × {row['height']} px, {size(row['bytes'])}"),
        ("Format", (row["format"] or "array in memory") + (", turned upright as EXIF says" if row["turned"] else "")),
        ("Brightness, contrast", f"{percent(row['brightness'])}, {percent(row['contrast'])}"),
    ]
    found = [
        finding.title if not group.note else group.note
        for finding in findings
        for group in finding.groups
        if row["id"] in group.ids
    ]
    return lines + [("Health report", note) for note in dict.fromkeys(found)]
