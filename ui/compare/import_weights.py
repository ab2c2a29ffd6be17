"""Weights that were saved elsewhere, taken in as an epoch of a run, to be compared with its own."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

import streamlit as st

import tlcore
from tlcore.data.intake.names import safe_name
from tlcore.runs.folder.run import Run
from ui.shared.hosting import is_hosted
from ui.shared.widgets import error_box, escape_markdown

TYPES = ["pth", "pt", "tar", "safetensors"]
_DONE = "compare_imported"


def show_import(run: Run) -> None:
    """Not on a hosted dashboard: there a visitor's file would change what all others see."""
    if is_hosted():
        return
    with st.expander("Compare weights that were saved elsewhere", icon=":material/upload_file:", key="compare_import"):
        st.caption(
            "A `state_dict` of the whole network with these classes in this order. It becomes an epoch of this run, "
            "numbered after the others, is validated and evaluated like them, and compared with them."
        )
        file = st.file_uploader("Weights", type=TYPES, key=f"compare_import_file_{run.name}")
        if st.button("Add as an epoch", key="compare_import_add", icon=":material/add:", disabled=file is None):
            assert file is not None
            with st.spinner("Reading and validating …"):
                problem = _import(run, file, file.name)
            if problem:
                error_box(problem)
            else:
                st.session_state[_DONE] = file.name
                st.rerun()
        if done := st.session_state.pop(_DONE, None):
            st.success(f"{escape_markdown(done)} is an epoch of this run now.", icon=":material/check:")


def _import(run: Run, file: BinaryIO, name: str) -> str:
    """In a process of its own, as this one does without torch. Returns what went wrong; nothing: it is there."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{safe_name(Path(name).stem)}{Path(name).suffix.lower()}"
        with path.open("wb") as target:
            shutil.copyfileobj(file, target)
        command = [sys.executable, "-m", "tlcore", "import", str(run.path), str(path), "--name", name]
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(tlcore.__file__).parents[1])
        if done.returncode == 0:
            return ""
        message = done.stderr.rpartition("error: ")[2].strip() or "It could not be read."
        return message.replace(f"{folder}/", "")
