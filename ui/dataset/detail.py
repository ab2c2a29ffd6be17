"""One large image with its measurements and findings."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from tlcore.data.health.audit import Finding
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.words import percent, size
from ui.dataset.data import look_at, samples_of
from ui.shared.cached import open_dataset
from ui.shared.pictures import LARGE_PX, enlarged
from ui.shared.widgets import escape_markdown


@st.dialog("Image", width="medium", icon=":material/image:")
def show_image(source: str, sample_id: str) -> None:
    samples = samples_of(source)
    row = samples[samples["id"] == sample_id]
    if row.empty:
        st.info("This image is no longer in the dataset.")
        return
    jpeg = thumbnails(open_dataset(source).source, [sample_id], LARGE_PX).get(sample_id)
    report = look_at(source).report
    measured = None if report is None else report.table[report.table["id"] == sample_id]
    picture, details = st.columns([1.6, 1], gap="medium")
    with picture:
        if jpeg is None:
            st.warning("This file cannot be shown.", icon=":material/broken_image:")
        else:
            st.image(enlarged(jpeg), width="stretch")
    with details:
        st.subheader(escape_markdown(str(row["class"].iloc[0])))
        lines = [("File", sample_id), ("Split", str(row["split"].iloc[0]))]
        if measured is not None and len(measured):
            lines += _measured(
                {str(name): value for name, value in measured.iloc[0].items()}, report.findings if report else ()
            )
        for name, value in lines:
            st.caption(f"{name}  \n**{escape_markdown(value)}**")


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
