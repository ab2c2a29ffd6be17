"""Imports weights saved elsewhere as an epoch of a run, to compare them with its own epochs."""

import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO

import streamlit as st

from tlcore.data.intake.names import safe_name
from tlcore.errors import CommandFailed
from tlcore.models.file_endings import WEIGHTS_ENDINGS
from tlcore.runs.folder.run import Run
from tlcore.system import spawn
from tlcore.system.home import is_mine
from ui.shared.hosting import is_hosted
from ui.shared.uploads import still_here
from ui.shared.widgets import error_box, escape_markdown

TYPES = [ending.removeprefix(".") for ending in WEIGHTS_ENDINGS]
_DONE = "compare_imported"


def show_import(run: Run) -> None:
    """The upload of weights, for a run of one's own. A hosted dashboard takes no weights from strangers."""
    if is_hosted() or not is_mine(run.path):
        return
    with st.expander("Compare weights that were saved elsewhere", icon=":material/upload_file:", key="compare_import"):
        st.caption(
            "A `state_dict` of the whole network with these classes in this order, or with their names beside it. It "
            "becomes an epoch of this run, numbered after the others, is validated and evaluated like them, and "
            "compared with them."
        )
        file = still_here(st.file_uploader("Weights", type=TYPES, key=f"compare_import_file_{run.name}"))
        if st.button("Add as an epoch", key="compare_import_add", icon=":material/add:", disabled=file is None):
            assert file is not None
            try:
                with st.spinner("Reading and validating …"):
                    notices = _import(run, file, file.name)
            except CommandFailed as error:
                error_box(str(error))
            else:
                st.session_state[_DONE] = [f"{file.name} is an epoch of this run now.", *notices]
                st.rerun()
        if done := st.session_state.pop(_DONE, None):
            st.success(escape_markdown(" ".join(done)), icon=":material/check:")


def _import(run: Run, file: BinaryIO, name: str) -> list[str]:
    """Import in a separate process, because this one has no torch. Returns notices about the file, as sentences.

    Raises CommandFailed with the reason.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{safe_name(Path(name).stem)}{Path(name).suffix.lower()}"
        with path.open("wb") as target:
            shutil.copyfileobj(file, target)
        try:
            said = spawn.run(["import", str(run.path), str(path), f"--name={name}"])
        except CommandFailed as error:
            raise CommandFailed(str(error).replace(f"{folder}/", "")) from None
    *notices, _, _ = said.splitlines()  # the last two lines are the result and the epoch's number
    return notices
