"""The pickers of runs and epochs on the Compare page, and the labels of epochs."""

import streamlit as st

from tlcore.evaluation.result import Evaluation
from tlcore.runs.folder.run import Run
from tlcore.words import count, interval
from ui.shared.runs import newest_of, note_other_dataset, run_labels, short_labels
from ui.shared.state import param_list, set_param_list
from ui.shared.views import pick_from_list
from ui.shared.widgets import escape_markdown

MOST_RUNS = 10  # as many as the palette has colours
BY_VAL, ON_TEST = "by-val", "on-test"
NOTES = {BY_VAL: "chosen on val", ON_TEST: "best on test"}
_RUNS, _REMEMBERED = "compare_runs", "compare_remembered"


def pick_runs(runs: dict[str, Run], dataset_source: str) -> list[Run]:
    """The runs to compare. The address lists them as `run=…&run=…`; links from other pages carry one."""
    asked = [name for name in param_list("run") if name in runs]
    remembered = [name for name in st.session_state.get(_REMEMBERED, []) if name in runs]
    if len(asked) == 1 and asked[0] in remembered:
        asked = remembered
    chosen = asked[:MOST_RUNS] or remembered
    if not chosen and _REMEMBERED not in st.session_state:
        chosen = [newest_of(runs, dataset_source) or next(iter(runs))]
    st.session_state[_RUNS] = chosen
    labels = run_labels(list(runs.values()), with_dataset=True)
    st.multiselect(
        "Runs",
        list(runs),
        key=_RUNS,
        format_func=labels.__getitem__,
        max_selections=MOST_RUNS,
        on_change=lambda: _remember(st.session_state[_RUNS]),
        placeholder="Choose the runs to compare",
    )
    _remember(chosen)
    if len(chosen) == MOST_RUNS < len(runs):
        st.caption(
            f":material/info: {MOST_RUNS} runs are the most that are compared at once, of {count(len(runs))}. “Select "
            "all” takes the first ones of the list, the newest."
        )
    return [runs[name] for name in chosen]


def pick_run(label: str, key: str, runs: list[Run], default: int = 0) -> Run:
    """One of several runs; no picker is shown if there is only one."""
    if len(runs) == 1:
        return runs[0]
    names = [run.name for run in runs]
    labels = short_labels(runs)
    name = st.selectbox(
        label,
        names,
        index=min(default, len(runs) - 1),
        key=key,
        format_func=labels.__getitem__,
        persist_state="session",
    )
    return runs[names.index(name)]


def pick_epoch(label: str, key: str, evaluation: Evaluation, default: str = BY_VAL) -> int:
    """An evaluated epoch, with its accuracy beside it.

    An option is the role of an epoch, which also makes sense for another run, or its number.
    """
    options = {BY_VAL: evaluation.best_by_val}
    if evaluation.split == "test":
        options[ON_TEST] = evaluation.best_on_report
    labels = {name: f"{NOTES[name]} · epoch {epoch}" for name, epoch in options.items()}
    options |= {str(epoch): epoch for epoch in evaluation.epochs}
    labels |= {str(epoch): f"epoch {epoch}" for epoch in evaluation.epochs}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        epoch = options[pick_from_list(key, labels, label, default, width=240)]
        accuracy = evaluation.accuracy(epoch)
        st.markdown(
            f"**{epoch_words(evaluation, epoch)}**  \n{interval(accuracy.value, accuracy.low, accuracy.high)} on "
            f"{count(accuracy.total)} {evaluation.split} images"
        )
    return epoch


def epoch_words(evaluation: Evaluation, epoch: int) -> str:
    """`Epoch 9, best on test`."""
    notes = [NOTES[BY_VAL]] if epoch == evaluation.best_by_val else []
    if evaluation.split == "test" and epoch == evaluation.best_on_report:
        notes.append(NOTES[ON_TEST])
    if epoch == 0:
        notes.append("untrained head")
    return ", ".join([f"Epoch {epoch}", *notes])


def note_other_data(runs: list[Run], dataset_source: str) -> None:
    """Note that the runs were trained on different images, or a single run on another dataset than the sidebar's."""
    names = {run.info.dataset.name for run in runs}
    if len(runs) == 1:
        note_other_dataset(runs[0], dataset_source)
    elif len({run.info.dataset.fingerprint for run in runs}) > 1:
        listed = ", ".join(escape_markdown(name) for name in sorted(names))
        st.caption(f":material/info: These runs were not trained on the same images ({listed}): compare with care.")


def _remember(names: list[str]) -> None:
    st.session_state[_REMEMBERED] = list(names)
    set_param_list("run", list(names))
