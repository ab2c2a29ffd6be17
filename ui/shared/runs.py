"""How runs appear on pages: which are readable, their labels, and a fixed colour for each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import streamlit as st

from tlcore.figures.style import PALETTE
from tlcore.runs.folder.label import load_label
from tlcore.runs.folder.run import Run, split_readable
from tlcore.runs.settings import STRATEGIES, differing_settings
from tlcore.system.home import is_granted
from tlcore.words import shorten
from ui.shared.cached import unreadable_runs
from ui.shared.datasets import SHARED, dataset_label
from ui.shared.state import RUN_COLOURS
from ui.shared.widgets import escape_markdown, note_left_out

MOST_DIFFERENCES = 4  # in a label; the settings of the run show the rest
LONGEST_DIFFERENCE = 28
LABELLED_BY_GROUP = ("data", "model.backbone", "strategy.name", "device", "precision", "workers", "report_every")
"""Settings that a label contains anyway, or that do not change results."""


def readable_runs(runs: list[Run]) -> dict[str, Run]:
    """Name -> run, without unreadable runs, which `note_unreadable` lists."""
    return {run.name: run for run in split_readable(runs)[0]}


def note_unreadable() -> None:
    """List the unreadable runs with reasons. Draws nothing if all are readable."""
    note_left_out("run", unreadable_runs())


def run_labels(runs: Sequence[Run], *, with_dataset: bool = False) -> dict[str, str]:
    """Labels of runs that are shown together, by the run's name. All labels are different.

    A label starts with the name that somebody gave the run. Without one it starts with backbone and strategy, then
    the settings that differ from other runs here with the same two. It ends with the time the run was made.
    """
    kin: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        kin.setdefault((_dataset(run), run.config.model.backbone, run.config.strategy.name), []).append(run)
    differences = {name: words for group in kin.values() for name, words in _differences(group).items()}
    labels = {}
    for run in runs:
        given = load_label(run.path).name
        what = run.config.model.backbone + (f" on {_dataset(run)}" if with_dataset else "")
        parts = [given, what] if given else [what, STRATEGIES[run.config.strategy.name], *differences[run.name]]
        shared = [SHARED] if is_granted(run.path) else []
        labels[run.name] = ", ".join([*parts, _created(run, seconds=False), *shared])
    return _told_apart(runs, labels)


def short_labels(runs: Sequence[Run]) -> dict[str, str]:
    """Labels for a legend or table, by the run's name: the given name, or only what differs among these runs."""
    backbones = {run.config.model.backbone for run in runs}
    strategies = {run.config.strategy.name for run in runs}
    datasets = {_dataset(run) for run in runs}
    differences = _differences(runs)
    labels = {}
    for run in runs:
        parts = [run.config.model.backbone] if len(backbones) > 1 else []
        parts += [f"on {_dataset(run)}"] if len(datasets) > 1 else []
        parts += [STRATEGIES[run.config.strategy.name]] if len(strategies) > 1 else []
        parts += differences[run.name]
        if not parts:
            parts = [run.config.model.backbone, STRATEGIES[run.config.strategy.name]]
        labels[run.name] = load_label(run.path).name or ", ".join(parts)
    return _told_apart(runs, labels)


def run_label(run: Run, *, with_dataset: bool = False) -> str:
    """Label of a run that is shown alone: its given name, or `mobilenet_v2, fine-tuning, 20 Nov 14:12`."""
    return run_labels([run], with_dataset=with_dataset)[run.name]


def run_colours(runs: Sequence[Run]) -> dict[str, str]:
    """A palette colour for each run, by its name. A run keeps its colour from earlier in this visit, if it is free."""
    known: dict[str, int] = st.session_state.setdefault(RUN_COLOURS, {})
    taken: set[int] = set()
    for run in runs:
        place = known.get(run.name)
        if place is not None and place not in taken:
            taken.add(place)
        else:
            known.pop(run.name, None)
    for run in runs:
        if run.name not in known:
            known[run.name] = _free_place(taken, known.values())
            taken.add(known[run.name])
    return {run.name: PALETTE[known[run.name] % len(PALETTE)] for run in runs}


def note_other_dataset(run: Run, dataset_source: str) -> None:
    """Note that the run was trained on another dataset than the one in the sidebar."""
    if run.config.data.source != dataset_source:
        st.caption(
            f":material/info: This run was trained on **{escape_markdown(_dataset(run))}**, not on "
            f"{escape_markdown(dataset_label(dataset_source))}, which the sidebar has."
        )


def newest_of(runs: Mapping[str, Run], dataset_source: str) -> str | None:
    """The name of the newest run on that dataset; None if there is none."""
    return next((name for name, run in runs.items() if run.config.data.source == dataset_source), None)


def _differences(runs: Sequence[Run]) -> dict[str, list[str]]:
    found = differing_settings([run.config for run in runs], without=LABELLED_BY_GROUP)
    return {
        run.name: [shorten(words, LONGEST_DIFFERENCE) for words in list(differing.values())[:MOST_DIFFERENCES]]
        for run, differing in zip(runs, found, strict=True)
    }


def _told_apart(runs: Sequence[Run], labels: dict[str, str]) -> dict[str, str]:
    """Equal labels get the time with seconds; labels that are still equal get the run's name."""
    for mark in (lambda run: _created(run, seconds=True), lambda run: run.name):
        again = {label for label in labels.values() if list(labels.values()).count(label) > 1}
        for run in runs:
            if labels[run.name] in again:
                labels[run.name] = f"{labels[run.name]}, {mark(run)}"
    return labels


def _free_place(taken: set[int], known: Collection[int]) -> int:
    """A place that no run had yet; else one that no run here has; else the next number: colours repeat."""
    places = range(len(PALETTE))
    unused = [place for place in places if place not in taken and place not in known]
    free = [place for place in places if place not in taken]
    return (unused or free or [max(taken) + 1])[0]


def _dataset(run: Run) -> str:
    return run.info.dataset.name


def _created(run: Run, *, seconds: bool) -> str:
    try:
        return f"{datetime.fromisoformat(run.info.created):{'%d %b %H:%M:%S' if seconds else '%d %b %H:%M'}}"
    except ValueError:
        return run.name[:15]
