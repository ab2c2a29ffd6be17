"""The learning-rate finder: a process tries rates on a copy of the model, and the page draws its curve live."""

import hashlib

import streamlit as st

from tlcore.config import RunConfig
from tlcore.figures.training import plot_lr_finder
from tlcore.runs.work.probes import Probe, find_probe, start_probe
from tlcore.runs.work.waiting import waiting_words
from tlcore.training.curves import rates_table
from tlcore.words import PHASES
from ui.shared.widgets import escape_markdown, friendly_errors, show_figure
from ui.train.draft import draft, put_value


def show_finder(config: RunConfig) -> None:
    st.caption(
        "Trains a copy of the model for 100 steps while the learning rate climbs. A good one lies where the loss "
        "falls, well before its lowest point."
    )
    key = _key(config)
    probe = find_probe(key)
    if probe is None:
        if st.button("Find a learning rate", key="train_find", icon=":material/search:"):
            with friendly_errors():
                start_probe(key, ["find-lr", "--json"], config)
                st.rerun()
        return
    live = probe.is_live
    st.fragment(_draw, run_every=1.0 if live else None)(probe, live)
    again = ("Cancel", ":material/close:") if live else ("Clear the result", ":material/delete:")
    st.button(again[0], key="train_find_cancel", icon=again[1], type="tertiary", on_click=probe.cancel)


def _draw(probe: Probe, was_live: bool) -> None:
    live = probe.is_live
    if was_live and not live:
        st.rerun()
    lines = probe.lines()
    points = rates_table(lines)
    suggestion = next((line["suggestion"] for line in lines if "suggestion" in line), None)
    rate = suggestion["learning_rate"] if suggestion else None
    if not points.empty:
        show_figure(plot_lr_finder(points, rate), key="train_find_figure")
    elif live:
        phase = PHASES[lines[-1]["phase"]] if lines else waiting_words(probe.folder) or PHASES["prepare"]
        share = lines[-1]["done"] / max(lines[-1]["total"], 1) if lines else 0.0
        st.progress(share, text=phase[0].upper() + phase[1:])
    if suggestion:
        st.markdown(f":material/lightbulb: {escape_markdown(suggestion['reason'])}")
        if rate is not None:
            short = float(f"{rate:.2g}")
            if st.button(f"Use {short:g}", key="train_find_use", icon=":material/check:", on_click=_use, args=(short,)):
                st.rerun()  # the form is outside this fragment
    elif not live:
        st.warning(escape_markdown(probe.error() or "It ended without a result."), icon=":material/error:")


def _use(rate: float) -> None:
    put_value(draft(), ("optimizer", "learning_rate"), rate)


def _key(config: RunConfig) -> str:
    """Key of the result. It does not depend on the learning rate, the schedule or the number of epochs."""
    settings = config.model_dump_json(exclude={"epochs": True, "schedule": True, "optimizer": {"learning_rate"}})
    return "rates-" + hashlib.sha256(settings.encode()).hexdigest()[:24]
