"""How the set-up of a run is laid out: the summary with its button stays in sight while one edits."""

import streamlit as st

_STYLE = """<style>
[class*="st-key-train_section_"] h2, .st-key-train_facts h2 { font-size: 1.05rem; padding: 0 0 0.3rem; }
@media (min-width: 56rem) {
  [data-testid="stColumn"]:has(> [data-testid="stVerticalBlock"] .st-key-train_rest) {
    position: sticky; top: 4rem; align-self: flex-start; max-height: calc(100vh - 5rem); overflow-y: auto;
  }
}
</style>"""


def show_style() -> None:
    st.html(_STYLE)
