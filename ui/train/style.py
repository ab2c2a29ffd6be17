"""CSS of the set-up of a run: the summary with its button stays visible while the form scrolls."""

import streamlit as st

_STYLE = """<style>
[class*="st-key-train_section_"] h2, .st-key-train_facts h2 { font-size: 1.05rem; padding: 0 0 0.3rem; }
.st-key-train_facts h2 { padding-bottom: 0.8rem; }
/* an empty field says what it stands for: it is not disabled, and has no dead buttons */
.stNumberInput input::placeholder, .stTextInput input::placeholder { color: inherit; opacity: 0.8; }
[class*="st-key-train_"] [data-testid^="stNumberInputStep"]:disabled { display: none; }
/* the summary is first for the keyboard, and stands on the right, or below on a phone */
[data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .st-key-train_rest) {
  flex-direction: row-reverse; flex-wrap: wrap-reverse;
}
@media (min-width: 56rem) {
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .st-key-train_rest) { flex-wrap: nowrap; }
  [data-testid="stColumn"]:has(> [data-testid="stVerticalBlock"] .st-key-train_rest) {
    position: sticky; top: 4rem; align-self: flex-start; max-height: calc(100vh - 5rem); overflow-y: auto;
  }
}
</style>"""


def show_style() -> None:
    st.html(_STYLE)
