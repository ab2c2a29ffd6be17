"""The race of backbones: who takes part, and the separate process that measures them, with its progress."""

import hashlib
from collections.abc import Sequence
from typing import Any

import streamlit as st

from tlcore.config import RunConfig, parse_config
from tlcore.errors import ConfigError
from tlcore.hosting.queue.waiting_room import check_waiting_room
from tlcore.models.zoo import ZOO
from tlcore.race.candidates import GOOD, Candidate, candidates_at_hand, parse_candidates, usual_candidates
from tlcore.race.standing import Standing
from tlcore.race.words import step_progress
from tlcore.runs.work.probes import Probe, find_probe, start_probe
from tlcore.runs.work.waiting import waiting_words
from tlcore.words import PHASES, count
from ui.shared.hosting import is_hosted
from ui.shared.torch_once import load_torch
from ui.shared.widgets import escape_markdown, friendly_errors
from ui.train.asked import opened_data
from ui.train.backbones import backbone_label
from ui.train.draft import draft
from ui.train.standing import last_standing, show_standing

_CHOSEN = "train_race_backbones"
_SETTINGS = ("data", "seed", "device", "precision", "workers")
"""The settings of the form that a race takes over. The head has its defaults, as in a run with a frozen backbone."""


def show_race(source: str) -> None:
    load_torch()
    with friendly_errors():
        opened = opened_data(source)  # reports data that cannot be used, before anybody waits
        if opened.problem:
            raise ConfigError(opened.problem)
        config = parse_config({name: draft()[name] for name in _SETTINGS}, "the form")
    st.caption(
        "Each backbone sees every training image once. A new head is then trained and tested on its features by "
        "cross-validation. The test images are left alone."
    )
    probe = find_probe(_key(config))
    live = probe is not None and probe.is_live
    _show_start(config, probe, live)
    if probe is not None:
        st.fragment(_draw, run_every=1.0 if live else None)(probe, config, live)


def _show_start(config: RunConfig, probe: Probe | None, live: bool) -> None:
    """Who takes part, and the button that starts the race anew."""
    here = _at_hand()
    if _CHOSEN not in st.session_state:
        st.session_state[_CHOSEN] = here if is_hosted() else _usual()
    options = here if is_hosted() else list(dict.fromkeys([*here, *ZOO, *GOOD]))
    chosen = st.multiselect(
        "Backbones",
        options,
        key=_CHOSEN,
        format_func=backbone_label,
        accept_new_options=not is_hosted(),
        persist_state="session",
        help="Those whose weights are here and, with a network, some good ones to download. You can also type a name, "
        "or NAME=FILE for weights of your own.",
    )
    missing = [name for name in chosen if name not in here]
    if missing and not live:
        st.caption(f":material/cloud_download: {count(len(missing), 'file')} of weights may have to be downloaded.")
    label = "Race again" if probe else "Start the race"
    if st.button(label, key="train_race_start", type="primary", icon=":material/sports_score:", disabled=live):
        with friendly_errors():
            _start(config, parse_candidates(",".join(chosen)), here, probe)
        st.rerun()


def _start(config: RunConfig, candidates: Sequence[Candidate], here: Sequence[str], earlier: Probe | None) -> None:
    """Raises TlcoreError."""
    check_waiting_room(1)
    if is_hosted():  # no downloads, and no files of the server
        candidates = [candidate for candidate in candidates if candidate.backbone in here and not candidate.weights]
    names = ",".join("=".join(filter(None, (entry.backbone, entry.weights))) for entry in candidates)
    if earlier is not None:
        earlier.cancel()
    start_probe(_key(config), ["race", "--json", "--backbones", names, *(["--offline"] * is_hosted())], config)


def _draw(probe: Probe, config: RunConfig, was_live: bool) -> None:
    live = probe.is_live
    if was_live and not live:
        st.rerun()
    lines = probe.lines()
    standing = last_standing(lines)
    if live:
        _show_progress(probe, lines, standing)
    elif probe.was_stopped:
        st.info("The race was stopped. “Race again” goes on: what is done is kept.", icon=":material/info:")
    elif standing is None or standing.waiting:
        st.warning(escape_markdown(probe.error() or "The race ended without a result."), icon=":material/error:")
    if standing is not None:
        show_standing(standing, config)


def _show_progress(probe: Probe, lines: Sequence[dict[str, Any]], standing: Standing | None) -> None:
    """What is going on, what is done, what remains, and a button to stop."""
    names: list[str] = next((line["candidates"] for line in lines if "candidates" in line), [])
    step = next((line["step"] for line in reversed(lines) if "step" in line), None)
    begins = waiting_words(probe.folder) or f"{PHASES['prepare'].capitalize()} …"
    with st.container(horizontal=True, vertical_alignment="center", key="train_race_progress"):
        st.progress(*(step_progress(**step) if step else (0.0, begins)))
        st.button("Stop", key="train_race_stop", icon=":material/stop:", on_click=probe.stop)
    if step is None:
        return
    done = [row.candidate.label for row in standing.rows] if standing else []
    to_come = names[step["number"] :]
    parts = [f"{words}: {escape_markdown(', '.join(those))}" for words, those in (("Done", done), ("To come", to_come))]
    st.caption(". ".join(part for part, those in zip(parts, (done, to_come), strict=True) if those))


@st.cache_data(ttl=10.0, show_spinner=False)
def _at_hand() -> list[str]:
    """Names of the backbones whose weights are on this machine."""
    return [candidate.backbone for candidate in candidates_at_hand()]


@st.cache_data(ttl=300.0, show_spinner="Looking for a network …")
def _usual() -> list[str]:
    """Names of the backbones that take part if nobody chooses."""
    return [candidate.backbone for candidate in usual_candidates()]


def _key(config: RunConfig) -> str:
    """One race at a time for the same data and device: two would distort each other's times."""
    return "race-" + hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:24]
