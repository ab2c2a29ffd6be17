"""The summary before the start: parameters, time, disk, device, warnings, and the start button."""

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import streamlit as st

from tlcore.config import RunConfig
from tlcore.errors import NotAllowed
from tlcore.runs.work.probes import Probe, any_live_probe, find_probe, start_probe
from tlcore.runs.work.tickets import goes_to_queue, list_tickets
from tlcore.runs.work.turn import live_runs
from tlcore.words import count, seconds, size
from ui.shared.cached import list_runs
from ui.shared.state import link
from ui.shared.widgets import error_box, escape_markdown, friendly_errors, show_fact
from ui.train.plan import disk_bytes, memory_bytes, missing_weights
from ui.train.start import start_runs

if TYPE_CHECKING:
    from tlcore.training.plan import Plan

HEALTH = "health"
"""The tab of the Dataset page that the link opens."""
COST: dict[str, Any] = {
    **dict.fromkeys(("data", "model", "train_transform", "eval_transform", "mix", "cached_views"), True),
    **dict.fromkeys(("batch_size", "precision", "device"), True),
    "strategy": {"name", "freeze_up_to", "unfreeze_every", "head_epochs", "batch_norm"},
}
"""The settings on which the time depends."""


def show_summary(plan: "Plan", warnings: tuple[str, ...]) -> None:
    config = plan.config
    with st.container(border=True, gap="xxsmall", key="train_facts"):
        st.header(":material/fact_check: What will happen", anchor=False)
        show_fact("Trained", f"{_short(plan.trained_parameters)} of {_short(plan.parameters)} parameters")
        batches = count(plan.batches_per_epoch, "batch", "batches")
        show_fact("Steps", f"{count(config.epochs, 'epoch')} of {batches}")
        if plan.dataset.edits is not None and plan.dataset.edits.in_effect:
            show_fact("Edits of the dataset", count(len(plan.dataset.edits.in_effect)), "Labels and splits as mended.")
        show_time(plan)
        _show_licence(plan)
        show_fact("Disk", f"{size(disk_bytes(plan))} at most", "A checkpoint for every epoch, and kept features.")
        if plan.choice.device.type == "cpu":
            show_fact("Memory", f"about {size(memory_bytes(plan))}", "At most, in the process that trains.")
        if (config.device, config.precision) != ("auto", "auto"):  # the sidebar shows the default device
            st.caption(f":material/memory: {escape_markdown(plan.choice.reason)}")
        if st.button(
            "Start training", key="train_start", type="primary", icon=":material/play_arrow:", width="stretch"
        ):
            probe = find_probe(_key(config, _newest_run()))
            if probe is not None and probe.is_live:
                probe.cancel()  # the run would wait for it
            with friendly_errors():
                start_runs([config], plan.choice.reason)
    _show_warnings(plan, warnings)


def show_time(plan: "Plan", *, after_each_run: bool = True) -> None:
    """The projected time, which a process measures on a few images. With `after_each_run` it is measured again after
    each run, because that run may have cached features for this one."""
    config = plan.config
    if missing_weights(plan):  # measuring must not download, and random weights take the same time
        config = config.replace(model=config.model.model_copy(update={"weights": "none"}))
    key = _key(config, _newest_run() if after_each_run else "")
    probe = find_probe(key)
    waits = probe is None or probe.is_live
    st.fragment(_draw_time, run_every=1.0 if waits else None)(key, config, waits)


def _draw_time(key: str, config: RunConfig, waited: bool) -> None:
    probe = find_probe(key)
    if probe is None and _is_free():
        with suppress(NotAllowed):  # nothing is left of today: the start says so
            probe = start_probe(key, ["train", "--dry-run", "--json"], config)
    waits = probe is None or probe.is_live
    if waited and not waits:
        st.rerun()
    show_fact("Time", *_time(probe, config))


def _is_free() -> bool:
    """Whether nothing is under way that the measurement would distort, or that would wait for it."""
    return not list_tickets() if goes_to_queue() else not live_runs() and not any_live_probe()


def _short(number: int) -> str:
    return count(number) if number < 100_000 else f"{number / 1e6:.1f} M"


def _time(probe: Probe | None, config: RunConfig) -> tuple[str, str]:
    if probe is None:
        return "…", "Measured once the machine is free."
    lines = probe.lines()
    if lines:
        found = lines[-1]["projection"]
        whole_epochs = config.epochs - (config.strategy.head_epochs or 0)
        whole = lines[-1]["start_s"] + found["once_s"] + whole_epochs * found["epoch_s"]
        words = f"{seconds(lines[-1]['start_s'])} to start; {found['seconds_are']}."
        return f"about {seconds(whole)}", words
    if probe.is_live:
        return "timing a few images …", "They are read and sent through the network as in the training."
    return "unknown", f"It could not be measured: {escape_markdown(probe.error())}"


def _newest_run() -> str:
    return next((run.name for run in list_runs()), "")


def _key(config: RunConfig, newest: str) -> str:
    """Key of a measured time: the settings on which it depends, and the newest run at that moment."""
    settings = config.model_dump(mode="json", include=COST)
    return "time-" + hashlib.sha256(json.dumps([settings, newest]).encode()).hexdigest()[:24]


def _show_licence(plan: "Plan") -> None:
    weights = plan.config.model.weights
    if weights in plan.architecture.named_weights:
        licence = plan.architecture.licence(weights)
        if licence is not None:
            short = escape_markdown(licence.short)
            marked = f":orange[:material/warning: {short}]" if licence.warning else short
            show_fact("Licence", marked, escape_markdown(licence.words))


def _show_warnings(plan: "Plan", warnings: tuple[str, ...]) -> None:
    for warning in warnings:
        st.warning(escape_markdown(warning), icon=":material/warning:")
    if warnings and st.button("See the health report", key="train_health", icon=":material/health_and_safety:"):
        link("pages/dataset.py", dataset_tab=HEALTH)
    if missing := missing_weights(plan):
        st.warning(escape_markdown(missing), icon=":material/cloud_download:")
    for notice in plan.notices:
        st.caption(f":material/info: {escape_markdown(notice)}")


def show_problem(error: Exception) -> None:
    """Shown instead of the summary if the settings contradict each other."""
    with st.container(border=True, key="train_facts"):
        st.header(":material/fact_check: What will happen", anchor=False)
        error_box(str(error))
        st.button("Start training", key="train_start_disabled", disabled=True, width="stretch")
