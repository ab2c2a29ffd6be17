"""The search over all networks of timm, in the form's section on the backbone."""

import streamlit as st

from tlcore.errors import TlcoreError
from tlcore.models.sizes import count_parameters, parameters_words
from tlcore.models.zoo import find_architecture
from tlcore.words import count
from ui.shared.hosting import is_hosted
from ui.shared.torch_once import load_torch
from ui.shared.widgets import escape_markdown
from ui.train.draft import note
from ui.train.fill import change_backbone

SHOWN = 12
"""Results that are listed; more words make them fewer."""
COUNT_S = 2.0
"""Seconds for counting parameters that are not known yet; the next rerun after a while goes on."""
_TEXT, _FOUND = "train_backbone_words", "train_backbone_found"


def show_search() -> None:
    """A field for words, and the networks that have all of them in their names; a click on one chooses it.

    timm is loaded when somebody searches, not before. Visitors of a hosted dashboard cannot make the server download.
    """
    if is_hosted():
        return
    text = st.text_input(
        "Search all networks of timm",
        key=_TEXT,
        placeholder="words in the name, such as: vit small dinov2",
        max_chars=80,
        icon=":material/search:",
        help="About 2,000 networks. Their weights are downloaded from the Hugging Face hub when a run starts.",
    ).strip()
    if not text:
        return
    names = _found(text)
    if not names:
        st.caption(":material/search_off: No name has all of these words. Fewer or shorter words find more.")
        return
    facts = _facts(names[:SHOWN])
    st.session_state.pop(_FOUND, None)
    st.radio(
        f"{count(len(names), 'network')} found" + (f", the first {SHOWN} of them" if len(names) > SHOWN else ""),
        names[:SHOWN],
        index=None,
        captions=facts,
        key=_FOUND,
        on_change=_choose,
    )


def _choose() -> None:
    name = st.session_state.get(_FOUND)
    if name is None:
        return
    try:
        find_architecture(name).group_names  # noqa: B018  # some networks cannot be trained, and say why
        change_backbone(name)
    except TlcoreError as error:
        note((str(error),))


@st.cache_data(max_entries=64, show_spinner="Searching …")
def _found(text: str) -> tuple[str, ...]:
    load_torch()
    from tlcore.models.search import found_names

    return found_names(text)


@st.cache_data(ttl=30.0, max_entries=64, show_spinner="Counting parameters …")
def _facts(names: tuple[str, ...]) -> list[str]:
    return [_fact(name, number) for name, number in zip(names, count_parameters(names, COUNT_S), strict=True)]


def _fact(name: str, parameters: int | None) -> str:
    """`5.5 M · 224 px · Apache-2.0 · here`."""
    architecture = find_architecture(name)
    licence = architecture.licence()
    known = [] if parameters is None else [parameters_words(parameters)]
    parts = [*known, f"{architecture.input_px} px"]
    if licence is None:
        return " · ".join([*parts, "no weights"])
    parts.append(f":orange[:material/warning: {escape_markdown(licence.short)}]" if licence.warning else licence.name)
    parts.append("here" if architecture.is_here(architecture.default_weights) else "to be downloaded")
    return " · ".join(parts)
