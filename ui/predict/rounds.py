"""The next round: train again with the photographs that were accepted, and see the accuracy of each round."""

import pandas as pd
import streamlit as st

from tlcore.evaluation.rounds import rounds_of, rounds_table
from tlcore.figures.rounds import plot_rounds
from tlcore.runs.folder.run import Run
from tlcore.runs.progress import describe, fraction_done
from tlcore.words import count, interval
from ui.shared.cached import edits_version, list_runs
from ui.shared.datasets import dataset_sources
from ui.shared.evaluating import evaluate_next
from ui.shared.queueing import queue_runs
from ui.shared.results import evaluation_of, stored
from ui.shared.runs import readable_runs
from ui.shared.state import set_params
from ui.shared.widgets import friendly_errors, show_figure


def show_rounds(run: Run) -> None:
    """Nothing if the run's dataset is not in the list of datasets."""
    source = run.config.data.source
    if source not in dataset_sources():
        return
    rounds = rounds_of(run, readable_runs(list_runs()).values())
    st.subheader("Rounds")
    newest = rounds[-1]
    _follow(newest)
    st.fragment(_offer_next, run_every=2.0)(newest)  # the review above redraws only itself
    table = rounds_table(rounds, evaluation_of)
    split = run.report_split
    if table["accuracy"].notna().any():
        show_figure(plot_rounds(table, split), key="predict_rounds_chart")
    st.dataframe(_shown(table, split), hide_index=True)
    if not table["same_images"].all():
        st.caption(
            f":material/warning: The {split} images were edited between rounds: part of a difference comes from that."
        )


def _offer_next(newest: Run) -> None:
    config = newest.config
    new = edits_version(config.data.source) > config.data.edits
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Next round",
            key="predict_next_round",
            type="primary",
            icon=":material/cycle:",
            disabled=not new or newest.status().is_live,
        ):
            _start(newest)
        frozen = config.strategy.name == "feature_extraction"
        kept = "The frozen layers' features are kept, so only the head is trained." if frozen else ""
        st.caption(
            f"Trains a run with the same settings and the dataset as it is edited now. {kept}"
            if new
            else "Nothing was accepted or edited since the newest of these runs."
        )


def _shown(table: pd.DataFrame, split: str) -> pd.DataFrame:
    accuracies = [
        "not evaluated yet" if pd.isna(row["accuracy"]) else interval(row["accuracy"], row["low"], row["high"])
        for row in table.to_dict("records")
    ]
    return pd.DataFrame(
        {
            "Round": table["round"],
            "Photographs added": table["added"],
            "Training images": table["train_images"],
            f"Accuracy on {split}": accuracies,
            "Run": table["run"],
        }
    )


def _start(run: Run) -> None:
    config = run.config.asked()
    now = config.model_copy(update={"data": config.data.model_copy(update={"edits": None})})
    with friendly_errors():
        (made,) = queue_runs([now], {"device": run.info.device})
    set_params(run=made.name)
    st.rerun()


def _follow(run: Run) -> None:
    """Progress of the newest round; then its evaluation, which starts once by itself."""
    if stored(run).missing:
        evaluate_next("predict_rounds", [run])
    status = run.status()
    if status.is_live:
        st.fragment(_draw, run_every=1.0)(run)
    elif status.note:
        st.caption(f"The newest round: {count(len(stored(run).missing), 'epoch')} not evaluated.")


def _draw(run: Run) -> None:
    status = run.status()
    if not status.is_live:
        st.rerun()
    st.progress(fraction_done(status), text=describe(status).capitalize())
