"""What the colours of the map of images mean, and the predictions that some of them are of.

Predictions come from a run, for the images of its evaluated split, or from the label check, for all images: its
classifiers learn on the features of the map, and judge only images that they have not seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from tlcore.config import ModelConfig
from tlcore.evaluation.judged import with_judgement, with_out_of_fold
from tlcore.evaluation.kept_out_of_fold import OutOfFold, load_out_of_fold
from tlcore.figures.map import Colour
from tlcore.runs.folder.run import Run
from ui.dataset.labels import check_key, offer_check
from ui.dataset.network import network_parts
from ui.shared.cached import is_there, list_runs
from ui.shared.caching import cache_resource
from ui.shared.results import evaluation_of, known_evaluation
from ui.shared.runs import run_labels
from ui.shared.views import pick_from_list, pick_segment
from ui.shared.work import find_result, show_work

COLOURS: Mapping[str, str] = {"class": "class", "split": "split", "right": "right or wrong", "loss": "loss"}
LABEL_CHECK = "label-check"
"""Stands among the names of runs, which begin with a date."""
_KEY = "dataset_map"


@dataclass(frozen=True)
class Source:
    """Where predictions come from: a run, or what the label check has kept under a key."""

    run: Run | None
    key: str = ""

    @property
    def name(self) -> str:
        return self.key if self.run is None else self.run.name

    @property
    def runs(self) -> list[Run]:
        """What must not have changed for a figure of it to be shown again."""
        return [] if self.run is None else [self.run]

    def judge(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with the columns `right` and `loss`."""
        if self.run is not None:
            evaluation = known_evaluation(self.run)
            return with_judgement(table, evaluation.predictions[evaluation.best_by_val], self.run.classes)
        found = _out_of_fold(self.key)
        assert found is not None
        return with_out_of_fold(table, found)


def pick_colour(source: str, model: ModelConfig) -> tuple[Colour, Source | None]:
    """Draw the pickers. Returns the colour, and whose predictions it shows; `class` until these are there.

    `model` is the network of the map.
    """
    runs = {run.name: run for run in list_runs() if run.config.data.source == source and evaluation_of(run)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        colour: Any = pick_segment(f"{_KEY}_colour", COLOURS, "Colour")
        if colour not in ("right", "loss"):
            return colour, None
        labels = {**run_labels(list(runs.values())), LABEL_CHECK: "the label check, for all images"}
        name = pick_from_list(f"{_KEY}_run", labels, "Predictions of", width=360)
    if name == LABEL_CHECK:
        key = _checked(source, model)
        return (colour, Source(None, key)) if key else ("class", None)
    evaluation = known_evaluation(runs[name])
    st.caption(
        f"Predictions of epoch {evaluation.best_by_val} on its {evaluation.split} images, judged by the labels as they "
        "are now. It has none of the images that it learned from."
    )
    return colour, Source(runs[name])


def _checked(source: str, model: ModelConfig) -> str:
    """The key of the label check's predictions. Empty if there are none: then the button that makes them is drawn."""
    work = check_key(source, *network_parts(model))
    key = (find_result(work) or {}).get("out_of_fold", "")
    if key and _out_of_fold(key) is not None:
        st.caption(
            "Out-of-fold predictions of the label check: each image, of train too, is judged by classifiers on these "
            "features that have seen neither it nor a copy of it, and by its label as it is now."
        )
        return str(key)
    st.caption(
        "The label check predicts every image with classifiers on these features that have not seen it. It takes "
        "seconds. Until then the colours are the classes."
    )
    offer_check(source, model, f"{_KEY}_check")
    show_work(work, "The check")
    return ""


@cache_resource(max_entries=4, ttl=3600, show_spinner=False, validate=is_there)
def _out_of_fold(key: str) -> OutOfFold | None:
    return load_out_of_fold(key)
