"""Test images with a twin in train: each epoch's accuracy with and without them, and a button that looks for them."""

import streamlit as st

from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.twins import TwinAccuracy, Twins, load_twins, twin_accuracy, twin_words
from tlcore.runs.folder.run import Run
from ui.shared.caching import by_path, cache_resource
from ui.shared.results import evaluation_of, remembered
from ui.shared.widgets import escape_markdown, friendly_errors
from ui.shared.work import find_result, forget_work, is_working, show_work, start_work, work_key


def twins_of(run: Run) -> Twins | None:
    """What was found for a run; None if nobody has looked yet. The record is read once: it never changes."""
    found = _found(str(run.path), run.info.dataset.fingerprint)
    if not found and (twins := load_twins(run)) is not None:
        found.append(twins)
    return found[0] if found else None


@cache_resource(by_path, max_entries=64, show_spinner=False)
def _found(path: str, fingerprint: str) -> list[Twins]:
    """Empty until it was found."""
    return []


def twin_accuracies(run: Run) -> dict[int, TwinAccuracy] | None:
    """Of every evaluated epoch; None if the run is not evaluated, or nobody has looked for twins yet."""
    evaluation, twins = evaluation_of(run), twins_of(run)
    if evaluation is None or twins is None:
        return None
    return remembered(
        "twins",
        [run],
        lambda: {epoch: twin_accuracy(evaluation, epoch, twins) for epoch in evaluation.epochs},
        run.info.dataset.fingerprint,
    )


def show_twins(run: Run, evaluation: Evaluation) -> None:
    """A sentence for the epoch chosen on val. Nothing is looked for here: another process does that, when asked."""
    found = twin_accuracies(run)
    if found is not None:
        words = twin_words(found[evaluation.best_by_val], evaluation.split)
        st.markdown(f":material/content_copy: {escape_markdown(words)}")
        return
    key = work_key("twins", run.name, run.info.dataset.fingerprint)
    show_work(key, "Looking for twins")
    if find_result(key) is not None:
        forget_work(key)  # its record was dropped from the cache since
    if is_working(key):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Whether {evaluation.split} images have a twin in train is not known yet.", width="content")
        if st.button("Look for twins", key=f"compare_twins_{run.name}", icon=":material/search:", type="tertiary"):
            with friendly_errors():
                start_work(key, ["audit", "--json", "--run", str(run.path)], run.config.asked())
            st.rerun()
