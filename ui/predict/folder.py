"""The part of the Predict page for many photographs without labels, a folder or a zip of them: choose them and a run,
and predict all.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from tlcore.data.formats.unlabelled import Photographs
from tlcore.data.intake.inputs import ZIP_EXTENSION, open_photographs
from tlcore.data.intake.library import add_unlabelled, list_unlabelled, store_unlabelled, store_unlabelled_zip
from tlcore.data.intake.photographs import Upload
from tlcore.data.pixels.formats import UPLOAD_TYPES
from tlcore.errors import DatasetInvalid, TlcoreError
from tlcore.evaluation.answers import answers_version
from tlcore.evaluation.guess_tables import guesses_csv, guesses_jsonl
from tlcore.evaluation.unlabelled import Guesses, load_guesses
from tlcore.runs.folder.run import Run
from tlcore.words import count, percent
from ui.predict.models import ModelRef, pick_epochs
from ui.predict.review import show_review
from ui.predict.rounds import show_rounds
from ui.predict.sort_into import show_sorting
from ui.predict.stored import show_changes
from ui.shared.caching import by_path, cache_data, cache_resource
from ui.shared.hosting import is_own_machine
from ui.shared.state import choose, set_params, take
from ui.shared.uploads import all_still_here, forget_uploads
from ui.shared.views import pick_from_list
from ui.shared.widgets import error_box, escape_markdown, friendly_errors
from ui.shared.work import find_result, forget_work, is_working, show_work, start_work, work_key

FOLDER = "predict_folder"
_PROBLEM, _PATH = "predict_folder_problem", "predict_folder_path"
SHOWN = 200  # unreadable files in the list
STORED_AT_ONCE = 20  # uploaded files between two steps of the progress bar


def show_folder(dataset_source: str) -> None:
    folders = {_name(path): path for path in _folders()}
    pictures, models = st.columns([1, 1.2], gap="large")
    with pictures:
        _show_adding(expanded=not folders)
        if not folders:
            st.caption("There are no photographs without labels here yet.")
            return
        path = folders[pick_from_list(FOLDER, {name: _label(folders[name]) for name in folders}, "Photographs")]
        show_changes(path, _open)
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
    version = (done, answers_version(run))
    guesses = _guesses(model.run, model.epoch, model.stamp, path, photographs.ids, version, photographs)
    if guesses is None and show_work(key, "The prediction") is not None:
        _guesses.clear()
        forget_work(key)  # the folder has other images now
    if guesses is None and not is_working(key):
        st.markdown(f"**{count(len(photographs.ids), 'photograph')}**, not predicted by this epoch yet.")
        st.caption("What is computed is kept: after Cancel, the next prediction goes on from there.")
        if st.button("Predict them", key="predict_folder_start", type="primary", icon=":material/play_arrow:"):
            _start(key, run, model, path)
    if guesses is not None and guesses.lacks_distances:
        _offer_distances(key, run, model, path)
    return guesses


def _offer_distances(key: str, run: Run, model: ModelRef, path: str) -> None:
    """They were predicted before it was known what is far: that is measured on request, from kept features."""
    if is_working(key):
        show_work(key, "The comparison")
    elif st.button("Which are far from the training images?", key="predict_folder_far", icon=":material/explore:"):
        forget_work(key)
        _start(key, run, model, path)


def _start(key: str, run: Run, model: ModelRef, path: str) -> None:
    command = ["predict", run.name, path, "--epoch", str(model.epoch), "--json"]
    start_work(key, command, run.config.asked())
    st.rerun()


@cache_resource(max_entries=8, ttl=600, show_spinner="Looking for what is predicted already …")
def _guesses(
    run: str,
    epoch: int,
    stamp: str,
    folder: str,
    ids: tuple[str, ...],
    version: tuple[bool, tuple[int, int]],
    _photographs: Photographs,
) -> Guesses | None:
    return load_guesses(Run(Path(run)), epoch, _photographs)


@cache_resource(by_path, max_entries=8, ttl=30, show_spinner=False)
def _photographs(path: str) -> Photographs:
    return open_photographs(path)


@cache_data(ttl=2.0, show_spinner=False)
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
    """Photographs are uploaded, or read from a folder of one's own machine."""
    with st.expander("Add photographs without labels", icon=":material/add_photo_alternate:", expanded=expanded):
        if problem := st.session_state.pop(_PROBLEM, ""):
            error_box(problem)
        if is_own_machine():
            st.text_input(
                "Folder or zip on this machine",
                key=_PATH,
                placeholder="/home/me/photographs",
                max_chars=1000,
                on_change=_add_path,
            )
        files = all_still_here(
            st.file_uploader(
                "Files, or one zip",
                type=[*UPLOAD_TYPES, ZIP_EXTENSION.removeprefix(".")],
                accept_multiple_files=True,
                key="predict_folder_files",
            )
        )
        name = st.text_input("Name", key="predict_folder_name", max_chars=60, placeholder="what to call them")
        if not st.button("Store them", key="predict_folder_store", disabled=not files, icon=":material/upload:"):
            return
        try:
            _open(_store(name, [(file.name, file) for file in files]))
        except TlcoreError as error:
            error_box(error)
            return
        forget_uploads(files)
        st.rerun()


def _store(name: str, files: Sequence[Upload]) -> str:
    """The path of the uploaded photographs, of which some may be left out. Raises TlcoreError."""
    zips = [file for file in files if file[0].lower().endswith(ZIP_EXTENSION)]
    if zips and len(files) > 1:
        raise DatasetInvalid("A zip is stored by itself. Give one zip, or image files.")
    if zips:
        return store_unlabelled_zip(name or Path(zips[0][0]).stem, zips[0][1])
    path, taken = store_unlabelled(name, _with_progress(files))
    if taken.skipped:
        left = taken.skipped[0]
        st.toast(escape_markdown(f"{count(len(taken.skipped), 'file')} left out, like {left.id}: {left.reason}"))
    return path


def _with_progress(files: Sequence[Upload]) -> Iterator[Upload]:
    """Each is decoded when it is stored, which takes some seconds for hundreds of them."""
    bar = st.progress(0.0)
    for number, file in enumerate(files):
        if number % STORED_AT_ONCE == 0:
            bar.progress(number / len(files), text=f"Storing: {count(number)} of {count(len(files))}")
        yield file
    bar.empty()


def _add_path() -> None:
    path = (take(_PATH, empty="") or "").strip()
    if not path:
        return
    try:
        _open(add_unlabelled(path))
    except TlcoreError as error:
        st.session_state[_PROBLEM] = str(error)


def _open(path: str | None) -> None:
    """None: the first folder of the list."""
    _folders.clear()
    if path is None:
        st.session_state.pop(FOLDER, None)
        set_params(**{FOLDER: None})
    else:
        choose(FOLDER, _name(path))


def _show_numbers(guesses: Guesses, photographs: Photographs) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_numbers(guesses), width="stretch")
        for words, ending, build, mime in (
            ("CSV", "csv", guesses_csv, "text/csv"),
            ("JSON lines", "jsonl", guesses_jsonl, "application/jsonl"),
        ):
            st.download_button(
                words,
                data=partial(build, guesses),
                file_name=f"{photographs.name}-predictions.{ending}",
                mime=mime,
                key=f"predict_folder_{ending}",
                icon=":material/download:",
            )
        show_sorting(photographs, guesses)
    if guesses.skipped:
        with st.expander(f"{count(len(guesses.skipped), 'file')} cannot be read", icon=":material/broken_image:"):
            rows = [(image.id, image.reason) for image in guesses.skipped[:SHOWN]]
            st.dataframe(pd.DataFrame(rows, columns=["File", "Why"]), hide_index=True)
            if len(guesses.skipped) > SHOWN:
                st.caption(f"The first {SHOWN} of them; all are in the files to download.")


def _numbers(guesses: Guesses) -> str:
    parts = [f"**{count(len(guesses.ids), 'photograph')}** predicted"]
    if guesses.answers.threshold and guesses.ids:
        without = len(guesses.ids) - int(guesses.sure.sum())
        parts.append(f"**{count(without)}** not sure ({percent(without / len(guesses.ids))})")
    if guesses.far is not None:
        parts.append(f"**{count(sum(far is True for far in guesses.far))}** far from the training images")
    return " · ".join(parts)
