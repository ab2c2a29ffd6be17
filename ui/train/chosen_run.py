"""Choose a run to watch."""

import streamlit as st

from tlcore.runs.folder.run import Run
from ui.shared.datasets import dataset_label
from ui.shared.runs import newest_of, note_other_dataset, run_labels
from ui.shared.state import set_params
from ui.shared.widgets import empty_state, escape_markdown


def pick_run(runs: dict[str, Run], run_name: str | None, source: str) -> str | None:
    """The run that the address names, else the newest on the sidebar's dataset; None if there is none.

    A run on another dataset is chosen only if the address names it.
    """
    if run_name and run_name not in runs:
        st.info("That run is not there any more.", icon=":material/info:")
    chosen = run_name if run_name in runs else newest_of(runs, source)
    if chosen is None and empty_state(
        f"There is no run on {escape_markdown(dataset_label(source))} yet." if runs else "There is no run yet.",
        "Set up the first one",
        key="train_first",
    ):
        set_params(view="new")
        st.rerun()
    if not runs:
        return None
    labels = run_labels(list(runs.values()), with_dataset=True)
    st.session_state["train_run"] = chosen
    st.selectbox(
        "Run",
        list(runs),
        index=None if chosen is None else 0,
        format_func=labels.__getitem__,
        key="train_run",
        on_change=lambda: set_params(run=st.session_state["train_run"]),
        placeholder="Choose a run on another dataset",
    )
    if chosen is None:
        return None
    set_params(run=chosen)
    note_other_dataset(runs[chosen], source)
    return chosen
