"""Exports that take long, because the file is compared with the run: made in a process of their own, then offered."""

from pathlib import Path

import streamlit as st

from tlcore.delivery.certificate import Certificate, parse_certificate
from tlcore.delivery.certified import certificate_path
from tlcore.delivery.export import FORMATS, Format, file_name
from tlcore.delivery.kept import kept_key, kept_path, make_room
from tlcore.errors import RecordError, TlcoreError
from tlcore.runs.folder.run import Run
from tlcore.words import count, size
from ui.shared.widgets import error_box, escape_markdown
from ui.shared.work import find_result, forget_work, is_working, show_work, start_work, work_key


def show_exports(run: Run, epoch: int) -> None:
    """A card per format: make the file, watch that, and download it with its certificate."""
    entries = {name: entry for name, entry in FORMATS.items() if entry.work is not None}
    st.markdown("##### Models for other programs")
    st.caption(
        f"Each file is run on all {count(run.info.dataset.counts.get(run.report_split, 0))} images of "
        f"{run.report_split}, and compared with this epoch. One that answers otherwise is refused."
    )
    with st.grid(3, min_column_width=240):
        for name, entry in entries.items():
            with st.container(border=True, height="stretch", key=f"compare_export_{name}"):
                show_card(run, epoch, name, entry)


def show_card(run: Run, epoch: int, name: str, entry: Format) -> None:
    """One format: a button that makes the file, the progress, then the download."""
    st.markdown(f"**{escape_markdown(entry.label)}**")
    missing = entry.unavailable(run, epoch)
    st.caption(missing or f"{entry.words}.")
    if missing:
        return
    kept = kept_key(run, epoch, name)
    key, path = work_key("export", kept), kept_path(kept)
    if find_result(key) is not None and not path.exists():
        forget_work(key)  # others needed the room
    result = show_work(key, "The export")
    certificate = _read(path) if result is not None else None
    if result is not None:
        _show_file(path, file_name(run, epoch, name), name, certificate)
    elif not is_working(key) and st.button(
        "Make and compare" if entry.work else "Make",
        key=f"compare_export_start_{name}",
        icon=":material/play_arrow:",
        width="stretch",
    ):
        make_room()
        command = ["export", str(run.path), "--epoch", str(epoch), "--format", name, "--out", str(path), "--json"]
        try:
            start_work(key, command, run.config.asked())
        except TlcoreError as error:
            error_box(error)
        else:
            st.rerun()


def _read(path: Path) -> Certificate | None:
    beside = certificate_path(path)
    try:
        return parse_certificate(beside.read_bytes(), str(beside))
    except (OSError, RecordError):
        return None


def _show_file(path: Path, download: str, name: str, certificate: Certificate | None) -> None:
    st.download_button(
        f"Download, {size(path.stat().st_size)}",
        data=path.read_bytes,
        file_name=download,
        key=f"compare_export_download_{name}",
        icon=":material/download:",
        on_click="ignore",
        type="primary",
        width="stretch",
    )
    if certificate is None:
        return
    st.download_button(
        "Certificate",
        data=certificate_path(path).read_bytes,
        file_name=certificate_path(Path(download)).name,
        key=f"compare_export_certificate_{name}",
        icon=":material/verified:",
        on_click="ignore",
        width="stretch",
    )
    st.markdown(f":material/check_circle: **{certificate.same} of {certificate.images}** images have the same answer.")
    with st.expander("The whole certificate"):
        for line in certificate.lines():
            st.markdown(escape_markdown(line))
