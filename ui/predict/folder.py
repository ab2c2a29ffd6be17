"""The part of the Predict page for a folder of photographs without labels: choose it and a run, and predict all."""

import hashlib
from pathlib import Path

import pandas as pd
import streamlit as st

from tlcore.data.formats.unlabelled import Photographs, open_unlabelled
from tlcore.data.intake.library import add_unlabelled, list_unlabelled, store_unlabelled
from tlcore.data.pixels.formats import UPLOAD_TYPES
from tlcore.errors import TlcoreError
from tlcore.evaluation.unlabelled import Guesses, guesses_csv, load_guesses
from tlcore.runs.folder.run import Run
from tlcore.words import count
from ui.predict.models import ModelRef, pick_epochs
from ui.predict.review import show_review
from ui.predict.rounds import show_rounds
from ui.shared.hosting import is_hosted, is_own_machine
from ui.shared.state import set_params
from ui.shared.views import pick_from_list
from ui.shared.widgets import error_box, escape_markdown, friendly_errors
from ui.shared.work import find_result, forget_work, is_working, show_work, start_work, work_key

FOLDER = "predict_folder"
_PROBLEM = "predict_folder_problem"
SHOWN = 200  # unreadable files in the list


def show_folder(dataset_source: str) -> None:
    folders = {_name(path): path for path in _folders()}
    pictures, models = st.columns([1, 1.2], gap="large")
    with pictures:
        _show_adding(expanded=not folders)
        if not folders:
            st.caption("There are no photographs without labels here yet.")
            return
        path = folders[pick_from_list(FOLDER, {name: _label(folders[name]) for name in folders}, "Photographs")]
    with models:
        chosen = pick_epochs(dataset_source, beside=False)
    if not chosen:
        return
    with friendly_errors():
        photographs = _photographs(path)
        run = Run(Path(chosen[0].run))
        guesses = _predicted(run, chosen[0], path, photographs)
    if guesses is not None:
        _show_numbers(guesses, photographs)
        show_review(run, path, photographs, guesses)
    show_rounds(run)


def _predicted(run: Run, model: ModelRef, path: str, photographs: Photographs) -> Guesses | None:
    """The predictions; None until they are computed, with the button or the progress drawn."""
    key = work_key("unlabelled", model.run, str(model.epoch), model.stamp, path)
    done = find_result(key) is not None
    guesses = _guesses(model.run, model.epoch, model.stamp, path, photographs.ids, done, photographs)
    if guesses is not None:
        return guesses
    if show_work(key, "The prediction") is not None:
        _guesses.clear()
        forget_work(key)  # the folder has other images now
    if not is_working(key):
        st.markdown(f"**{count(len(photographs.ids), 'photograph')}**, not predicted by this epoch yet.")
        if st.button("Predict them", key="predict_folder_start", type="primary", icon=":material/play_arrow:"):
            command = ["predict-folder", run.name, path, "--epoch", str(model.epoch), "--json"]
            start_work(key, command, run.config.asked())
            st.rerun()
    return None


@st.cache_resource(max_entries=8, ttl=600, show_spinner=False)
def _guesses(
    run: str, epoch: int, stamp: str, folder: str, ids: tuple[str, ...], done: bool, _photographs: Photographs
) -> Guesses | None:
    return load_guesses(Run(Path(run)), epoch, _photographs)


@st.cache_resource(max_entries=8, ttl=30, show_spinner=False)
def _photographs(path: str) -> Photographs:
    return open_unlabelled(path)


@st.cache_data(ttl=2.0, show_spinner=False)
def _folders() -> list[str]:
    return list_unlabelled()


def _label(path: str) -> str:
    """The name of a folder; of the test images inside of a dataset, with that of the dataset."""
    folder = Path(path)
    return f"{folder.parent.name} / {folder.name}" if folder.name.lower().startswith(("test", "val")) else folder.name


def _name(path: str) -> str:
    """The name in the address, which contains no folder of the server."""
    return f"{Path(path).name}~{hashlib.sha256(path.encode()).hexdigest()[:8]}"


def _show_adding(expanded: bool) -> None:
    """Photographs are uploaded, or read from a folder of one's own machine. Strangers add none."""
    if is_hosted():
        return
    with st.expander("Add photographs without labels", icon=":material/add_photo_alternate:", expanded=expanded):
        if problem := st.session_state.pop(_PROBLEM, ""):
            error_box(problem)
        if is_own_machine():
            st.text_input(
                "Folder on this machine",
                key="predict_folder_path",
                placeholder="/home/me/photographs",
                max_chars=1000,
                on_change=_add_path,
            )
        files = st.file_uploader(
            "Files", type=list(UPLOAD_TYPES), accept_multiple_files=True, key="predict_folder_files"
        )
        name = st.text_input("Name", key="predict_folder_name", max_chars=60, placeholder="what to call them")
        if not st.button("Store them", key="predict_folder_store", disabled=not files, icon=":material/upload:"):
            return
        try:
            path, taken = store_unlabelled(name, [(file.name, file) for file in files])
        except TlcoreError as error:
            error_box(error)
            return
        if taken.skipped:
            left = taken.skipped[0]
            st.toast(f"{count(len(taken.skipped), 'file')} left out, like {escape_markdown(left.id)}: {left.reason}")
        _open(path)
        st.rerun()


def _add_path() -> None:
    path = st.session_state["predict_folder_path"].strip()
    if not path:
        return
    try:
        _open(add_unlabelled(path))
    except TlcoreError as error:
        st.session_state[_PROBLEM] = str(error)
    st.session_state["predict_folder_path"] = ""


def _open(path: str) -> None:
    _folders.clear()
    st.session_state[FOLDER] = _name(path)
    set_params(**{FOLDER: _name(path)})


def _show_numbers(guesses: Guesses, photographs: Photographs) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{count(len(guesses.ids), 'photograph')}** predicted", width="stretch")
        st.download_button(
            "Predictions as CSV",
            data=lambda: guesses_csv(guesses),
            file_name=f"{photographs.name}-predictions.csv",
            mime="text/csv",
            key="predict_folder_csv",
            icon=":material/download:",
        )
    if guesses.skipped:
        files = "1 file" if len(guesses.skipped) == 1 else f"{count(len(guesses.skipped))} files"
        with st.expander(f"{files} cannot be read", icon=":material/broken_image:"):
            rows = [(image.id, image.reason) for image in guesses.skipped[:SHOWN]]
            st.dataframe(pd.DataFrame(rows, columns=["File", "Why"]), hide_index=True)
