"""Downloads of the Compare page. A file is built when its button is clicked. Those that take long are in `exports`.

In the space of a visitor, those that need torch are made in the queue, too.
"""

import tempfile
from functools import partial
from pathlib import Path

import streamlit as st

from tlcore.delivery.export import FORMATS, file_name
from tlcore.evaluation.result import Evaluation
from tlcore.runs.folder.run import Run
from tlcore.runs.work.tickets import goes_to_queue
from tlcore.system import spawn
from ui.compare.exports import show_card, show_exports
from ui.compare.import_weights import show_import

_ICONS = {
    ".csv": ":material/table_chart:",
    ".py": ":material/code:",
    ".html": ":material/description:",
    ".md": ":material/description:",
}
"""By the suffix of the file name; files with another suffix are weights."""


def show_download(run: Run, evaluation: Evaluation, epoch: int) -> None:
    """A button per format, the models for other programs, and the code to use the weights with."""
    with st.grid(3, min_column_width=240):
        for name, entry in FORMATS.items():
            if entry.work is not None:
                continue
            if entry.needs_torch and goes_to_queue():
                with st.container(border=True, height="stretch", key=f"compare_export_{name}"):
                    show_card(run, epoch, name, entry)
                continue
            missing = entry.unavailable(run, epoch)
            with st.container(border=True, height="stretch"):
                st.download_button(
                    entry.label,
                    data=partial(_build, run, epoch, name),
                    file_name=file_name(run, epoch, name),
                    key=f"compare_download_{name}",
                    icon=_ICONS.get(f".{entry.suffix.rpartition('.')[2]}", ":material/download:"),
                    on_click="ignore",
                    type="primary" if name == "pth" else "secondary",
                    width="stretch",
                    disabled=bool(missing),
                )
                st.caption(missing or f"{entry.words}.")
    show_exports(run, epoch)
    if FORMATS["python"].unavailable(run, epoch):
        return
    show_import(run)
    with st.expander("The inference code", icon=":material/code:"):
        st.code(FORMATS["python"].build(run, epoch).decode(), language="python")


def _build(run: Run, epoch: int, name: str) -> bytes:
    if not FORMATS[name].needs_torch:
        return FORMATS[name].build(run, epoch)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file_name(run, epoch, name)
        spawn.run(["export", str(run.path), "--epoch", str(epoch), "--format", name, "--out", str(path)])
        return path.read_bytes()
