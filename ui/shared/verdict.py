"""The verdict on an evaluated run in plain words, with buttons to the next steps."""

import streamlit as st

from tlcore.evaluation.words import verdict_of
from tlcore.runs.folder.run import Run
from ui.shared.results import evaluation_of, remembered
from ui.shared.state import link
from ui.shared.widgets import escape_markdown


def show_verdict(run: Run, *, key: str, compare: bool = True) -> bool:
    """The card of an evaluated run, with buttons for next steps. If it is not evaluated yet: nothing, and False.

    `compare` adds a button to the Compare page, which that page itself does not need.
    """
    evaluation = evaluation_of(run)
    if evaluation is None:
        return False
    verdict = remembered("verdict", [run], lambda: verdict_of(evaluation, run.classes))
    with st.container(border=True, key=f"{key}_verdict"):
        st.markdown(f"#### :material/verified: {escape_markdown(verdict.headline)}")
        st.markdown(escape_markdown(verdict.reading))
        st.markdown(f"**{escape_markdown(verdict.keep)}** {escape_markdown(verdict.mistakes)}")
        with st.container(horizontal=True):
            if st.button("Try it", key=f"{key}_try", icon=":material/center_focus_strong:", type="primary"):
                link("pages/predict.py", run=run.name)
            if compare and st.button("Compare its epochs", key=f"{key}_compare", icon=":material/query_stats:"):
                link("pages/compare.py", run=run.name)
            if st.button("Download", key=f"{key}_download", icon=":material/download:"):
                link("pages/compare.py", run=run.name, compare_part="download")
    return True
