"""The row "Most similar": which other images are most like one, by the features of a network or of a run.

The features are computed once in a separate process, when somebody asks for them; then a row costs milliseconds. The
images of a row can be chosen and acted on, if their dataset is in the list of datasets.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from tlcore.config import RunConfig
from tlcore.evaluation.likeness import load_likeness
from tlcore.evaluation.neighbours import Likeness
from tlcore.words import percent
from ui.shared.acting import show_pictures_to_act_on
from ui.shared.cached import is_there
from ui.shared.caching import cache_resource
from ui.shared.labels_now import labels_if_editable
from ui.shared.pictures import PictureGroup, picture_of, show_pictures
from ui.shared.selection import selection_of
from ui.shared.widgets import friendly_errors
from ui.shared.work import draw_progress, find_result, is_working, show_work, start_work

COUNT = 8
Pictures = Callable[[Sequence[str]], Mapping[str, bytes]]
Words = Callable[[str], Sequence[str]]


def show_similar(
    key: str,
    heading: str,
    work: str,
    command: Sequence[str],
    config: RunConfig,
    source: str,
    sample_id: str,
    pictures: Pictures,
    words: Words,
    among: Sequence[str] | None = None,
) -> str | None:
    """Draw the row, or the button that computes what it needs. Returns the id of a clicked picture.

    `work` is the key of that work and `command` a `tlcore neighbours --json`; `source` is the dataset; `words` are the
    lines below a picture, empty for an image that is not shown; `among` are the images that may be neighbours, else
    all.
    """
    result = find_result(work)
    likeness = None if result is None else _likeness(result["likeness"])
    if likeness is not None and sample_id in likeness:
        return _show_row(key, heading, likeness, source, sample_id, pictures, words, among)
    if not is_working(work):
        if result is None:
            show_work(work, "The search")
        clicked = st.button(
            heading, key=f"{key}_similar", icon=":material/image_search:", help="Needs features of every image, once."
        )
        if not clicked:
            return None
        with friendly_errors():
            start_work(work, command, config)

    def wait() -> None:
        """A fragment of its own: in a dialog, a rerun of the page would close it."""
        if is_working(work):
            draw_progress(work)
            return
        found = find_result(work)
        ready = None if found is None else _likeness(found["likeness"])
        if ready is None:
            show_work(work, "The search")
        else:
            _show_row(key, heading, ready, source, sample_id, pictures, words, among)

    st.fragment(wait, run_every=1.0)()
    return None


def _show_row(
    key: str,
    heading: str,
    likeness: Likeness,
    source: str,
    sample_id: str,
    pictures: Pictures,
    words: Words,
    among: Sequence[str] | None,
) -> str | None:
    if sample_id not in likeness:
        st.caption("This image has no features yet: it is new, or cannot be read.")
        return None
    (near,) = likeness.most_like([sample_id], COUNT, among)
    lines = {other.id: words(other.id) for other in near}
    shown = [other for other in near if lines[other.id]]
    jpegs = pictures([other.id for other in shown])
    now = labels_if_editable(source)
    row = [
        replace(
            picture_of(
                other.id, jpegs.get(other.id), *lines[other.id], f"{percent(max(other.similarity, 0.0), 0)} alike"
            ),
            can_be_marked=now is None or other.id in now,
        )
        for other in shown
    ]
    groups, near_key = [PictureGroup(heading, tuple(row))], f"{key}_near"
    if now is None:
        return show_pictures(groups, near_key)
    selection_of(source, near_key).turn_to(sample_id)
    every = [other.id for other in shown if other.id in now]
    return show_pictures_to_act_on(source, groups, near_key, every, why=f"{heading}: {sample_id}")


@cache_resource(max_entries=4, ttl=1800, show_spinner=False, validate=is_there)
def _likeness(key: str) -> Likeness | None:
    return load_likeness(key)
