"""Review what a run predicts of photographs without labels, the least sure first: accept, correct, or skip.

What is accepted becomes a training image of the run's dataset: an edit, on disk at once, which undo takes back.
"""

import math
from collections.abc import Mapping, Sequence

import streamlit as st

from tlcore.data.edits import open_edits
from tlcore.data.edits.added import contents_of
from tlcore.data.formats.unlabelled import Photographs
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.errors import TlcoreError
from tlcore.evaluation.answers import NOT_SURE
from tlcore.evaluation.unlabelled import Guesses
from tlcore.runs.folder.run import Run
from tlcore.words import count, percent
from ui.predict.guesses import show_guesses
from ui.shared.actions_bar import act, pick_step
from ui.shared.cached import edits_version, open_dataset
from ui.shared.caching import by_dataset, by_path, cache_resource
from ui.shared.datasets import dataset_label, dataset_sources
from ui.shared.pictures import Picture, PictureGroup, show_large, show_pictures
from ui.shared.selection import selection_of
from ui.shared.views import pick_view
from ui.shared.widgets import error_box, escape_markdown

ONE, GALLERY, TABLE = "one", "gallery", "table"
VIEWS = {ONE: "One by one", GALLERY: "Gallery", TABLE: "Table"}
PER_PAGE = 48
MOST_KEYS = 9  # classes that have a key of their own
LIKELIEST = 3
_KEY = "predict_review"
_PROBLEM, _SKIPPED = f"{_KEY}_problem", f"{_KEY}_skipped"


def show_review(run: Run, folder: str, photographs: Photographs, guesses: Guesses) -> None:
    """What can be done with the predictions."""
    source = run.config.data.source
    if source not in dataset_sources():
        st.caption("The dataset of this run is not in the list of datasets, so nothing can be added to it.")
        seen = {view: VIEWS[view] for view in (GALLERY, TABLE)}
        if pick_view("predict_seen_view", seen, "View") == TABLE:
            show_guesses(guesses, guesses.least_sure)
        else:
            _show_gallery(run, folder, photographs, guesses, guesses.least_sure, can_accept=False)
        return
    _review(run, folder, photographs, guesses)


@st.fragment
def _review(run: Run, folder: str, photographs: Photographs, guesses: Guesses) -> None:
    source = run.config.data.source
    known = _contents(source, edits_version(source))
    left = [position for position in guesses.least_sure if guesses.digests[position] not in known]
    st.markdown(
        f"**{count(len(guesses.ids) - len(left))} of {count(len(guesses.ids))}** are images of "
        f"{escape_markdown(dataset_label(source))} now. What you accept is added to its training images; its test "
        "images stay as they are."
    )
    if problem := st.session_state.pop(_PROBLEM, ""):
        error_box(problem)
    _show_all_above(run, photographs, guesses, left)
    step = pick_step(source, _KEY)
    if step is not None:
        act(source, _KEY, step)
    if not left:
        st.success("All of them are reviewed.", icon=":material/check_circle:")
    view = pick_view("predict_review_view", VIEWS, "Review") if guesses.ids else ONE
    if view == TABLE:
        show_guesses(guesses, guesses.least_sure)
    elif left and view == ONE:
        _show_one(run, folder, photographs, guesses, left)
    elif left:
        _show_gallery(run, folder, photographs, guesses, left, can_accept=True)


def _show_all_above(run: Run, photographs: Photographs, guesses: Guesses, left: Sequence[int]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        least = st.number_input(
            "Sure to at least, in %", 50, 100, 95, key=f"{_KEY}_least", persist_state="session", width=180
        )
        sure = [position for position in left if guesses.confidence[position] >= least / 100]
        st.button(
            f"Accept all {count(len(sure))} above {least} %",
            key=f"{_KEY}_accept_all",
            icon=":material/done_all:",
            disabled=not sure,
            on_click=_add,
            args=(run, photographs, _as_predicted(guesses, sure), f"accepted all above {least} %"),
        )


def _show_one(run: Run, folder: str, photographs: Photographs, guesses: Guesses, left: Sequence[int]) -> None:
    skipped: dict[str, None] = st.session_state.setdefault(f"{_SKIPPED}_{folder}", {})
    fresh = [position for position in left if guesses.ids[position] not in skipped]
    if not fresh:
        st.info(f"{count(len(left), 'photograph')} skipped.", icon=":material/skip_next:")
        st.button("Look at them again", key=f"{_KEY}_again", on_click=skipped.clear)
        return
    position = fresh[0]
    name, row = guesses.ids[position], guesses.probabilities[position]
    picture, question = st.columns([1.6, 1], gap="medium")
    with picture:
        show_large(photographs.source, name)
        st.caption(f"{escape_markdown(name)} · {count(len(fresh))} to go")
    predicted = guesses.classes[int(row.argmax())]
    with question:
        order = [int(index) for index in (-row).argsort(kind="stable")[:LIKELIEST]]
        st.markdown(f"#### {escape_markdown(predicted)}?")
        with st.container(horizontal=True):
            if not guesses.sure[position]:
                st.badge(NOT_SURE, icon=":material/help:", color="orange")
            if guesses.far is not None and guesses.far[position]:
                st.badge("far from the training images", icon=":material/explore_off:", color="orange")
        st.caption(" · ".join(f"{escape_markdown(guesses.classes[i])} {percent(float(row[i]))}" for i in order))
        why = f"{percent(float(row.max()))} sure"
        st.button(
            "Accept",
            key=f"{_KEY}_accept",
            type="primary",
            icon=":material/check:",
            shortcut="A",
            width="stretch",
            on_click=_add,
            args=(run, photographs, {name: predicted}, f"accepted, {why}"),
        )
        st.button(
            "Skip",
            key=f"{_KEY}_skip",
            icon=":material/skip_next:",
            shortcut="S",
            width="stretch",
            on_click=skipped.__setitem__,
            args=(name, None),
        )
        _pick_other(run, photographs, guesses, name, predicted, why)


def _pick_other(run: Run, photographs: Photographs, guesses: Guesses, name: str, predicted: str, why: str) -> None:
    """Another class: a key of its own for each of a few, else a list."""
    others = [label for label in guesses.classes if label != predicted]
    if len(guesses.classes) <= MOST_KEYS:
        for number, label in enumerate(guesses.classes, 1):
            if label != predicted:
                st.button(
                    f"It is {escape_markdown(label)}",
                    key=f"{_KEY}_correct_{number}",
                    shortcut=str(number),
                    width="stretch",
                    on_click=_add,
                    args=(run, photographs, {name: label}, f"corrected from {predicted}, {why}"),
                )
        return
    other = st.selectbox("It is", others, index=None, key=f"{_KEY}_other_{name}", placeholder="another class")
    st.button(
        "Correct it",
        key=f"{_KEY}_correct",
        shortcut="C",
        width="stretch",
        disabled=other is None,
        on_click=_add,
        args=(run, photographs, {name: other}, f"corrected from {predicted}, {why}"),
    )


def _show_gallery(
    run: Run,
    folder: str,
    photographs: Photographs,
    guesses: Guesses,
    left: Sequence[int],
    *,
    can_accept: bool,
) -> None:
    pages = math.ceil(len(left) / PER_PAGE)
    page = st.pagination(pages, key=f"{_KEY}_page") if pages > 1 else 1
    shown = left[(page - 1) * PER_PAGE : page * PER_PAGE]
    jpegs = _small_pictures(folder, tuple(guesses.ids[position] for position in shown), photographs)
    predicted, confidence = guesses.predicted, guesses.confidence
    pictures = tuple(
        Picture(
            guesses.ids[position],
            jpegs.get(guesses.ids[position]),
            (
                predicted[position] if guesses.sure[position] else f"{NOT_SURE}: {predicted[position]}",
                f"{percent(float(confidence[position]), 0)} sure",
                guesses.ids[position].rpartition("/")[2],
            ),
        )
        for position in shown
    )
    group = [PictureGroup("", pictures)]
    if not can_accept:
        show_pictures(group, key=f"{_KEY}_pictures")
        return
    selection = selection_of(f"{run.path}\n{folder}", f"{_KEY}_pictures")
    selection.keep({guesses.ids[position] for position in left})
    show_pictures(group, key=f"{_KEY}_pictures", selection=selection)
    chosen = [position for position in left if guesses.ids[position] in selection.chosen]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"{_KEY}_bar"):
        if not chosen:
            st.caption("Choose photographs with their mark; with Shift, a range.", width="content")
        else:
            st.markdown(f"**{count(len(chosen), 'photograph')} chosen**", width="content")
            st.button(
                "Accept as predicted",
                key=f"{_KEY}_accept_chosen",
                type="primary",
                icon=":material/check:",
                on_click=_add,
                args=(run, photographs, _as_predicted(guesses, chosen), "accepted in the gallery"),
            )
            label = st.selectbox(
                "They are",
                guesses.classes,
                index=None,
                key=f"{_KEY}_correct_as",
                placeholder="They are …",
                label_visibility="collapsed",
                width=200,
            )
            st.button(
                "Correct them",
                key=f"{_KEY}_correct_chosen",
                disabled=label is None,
                on_click=_add,
                args=(run, photographs, {guesses.ids[i]: label for i in chosen}, "corrected in the gallery"),
            )


@cache_resource(by_path, max_entries=16, ttl=300, show_spinner=False)
def _small_pictures(folder: str, ids: tuple[str, ...], _photographs: Photographs) -> dict[str, bytes]:
    """Cached: each mark on a picture draws the gallery again."""
    return thumbnails(_photographs.source, ids)


def _as_predicted(guesses: Guesses, positions: Sequence[int]) -> dict[str, str]:
    predicted = guesses.predicted
    return {guesses.ids[position]: predicted[position] for position in positions}


def _add(run: Run, photographs: Photographs, labels: Mapping[str, str], why: str) -> None:
    """Runs before the page is drawn, so that the next photograph is shown at once."""
    source = run.config.data.source
    try:
        open_edits(source, open_dataset(source)).add(labels, photographs.source, why=why)
    except TlcoreError as error:
        st.session_state[_PROBLEM] = str(error)


@cache_resource(by_dataset, max_entries=8, ttl=300, show_spinner=False)
def _contents(source: str, version: int) -> frozenset[str]:
    """What the dataset has, with what was left out of it."""
    return contents_of(open_dataset(source))
