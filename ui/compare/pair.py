"""Two epochs or two runs side by side: McNemar's test in words, and the images that only one of them gets right."""

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tlcore.evaluation.compare import Comparison, compare_predictions
from tlcore.evaluation.words import frozen_is_enough_words, many_candidates_words, paired_words
from tlcore.runs.folder.run import Run
from tlcore.words import count, percent
from ui.compare.runs import BY_VAL, pick_epoch, pick_run
from ui.shared.prediction_gallery import show_gallery
from ui.shared.results import evaluation_of, known_evaluation, predictions_of, remembered
from ui.shared.widgets import escape_markdown

PER_PAGE = 12
Side = tuple[Run, int]


def show_pair(runs: list[Run]) -> None:
    """Pick two, and see which images the second corrects and which it gets wrong instead."""
    first, second = (_pick_side(column, number, runs) for number, column in enumerate(st.columns(2, gap="medium")))
    comparison = _compare(first, second)
    test = comparison.test
    distinct = test.p_value < 0.05
    icon = ":material/check_circle:" if distinct else ":material/balance:"
    st.markdown(f"#### {icon} {_capitalised(paired_words(test))}")
    strategies = (first[0].config.strategy.name, second[0].config.strategy.name)
    if words := frozen_is_enough_words(strategies, test):
        st.markdown(f":material/lightbulb: {words}")
    st.caption(
        "Fixed: only the second is right. Broken: only the first is. McNemar's exact test asks how often so uneven a "
        "split would come by chance if both were equally good."
    )
    candidates = sum(len(found.epochs) for run in runs if (found := evaluation_of(run)))
    if warning := many_candidates_words(candidates):
        st.caption(f":material/info: {escape_markdown(warning)}")
    if comparison.unshared:
        st.caption(
            f":material/info: {count(comparison.unshared)} images belong to only one of the two, or are labelled "
            f"differently, and do not count; {count(test.total)} are compared."
        )
    changed = {"Fixed": comparison.fixed, "Broken": comparison.broken}
    for column, (word, ids) in zip(st.columns(2, gap="medium"), changed.items(), strict=True):
        with column:
            st.subheader(f"{word} · {count(len(ids))}")
            key = f"compare_{word.lower()}_page"
            rows = _rows(second, ids)
            show_gallery(
                second[0],
                rows,
                key,
                empty="None.",
                per_page=PER_PAGE,
                extra=partial(_first_words, first),
                why=word,
                epoch=second[1],
            )


def _pick_side(column: DeltaGenerator, number: int, runs: list[Run]) -> Side:
    """Pick one side. Defaults: for one run its first trained and its chosen epoch; for several, their chosen epochs."""
    name = ("first", "second")[number]
    with column.container(border=True):
        run = pick_run(f"The {name} run", f"compare_{name}_run", runs, default=number)
        evaluation = known_evaluation(run)
        default = BY_VAL
        if len(runs) == 1 and number == 0:
            default = str(next((epoch for epoch in evaluation.epochs if epoch > 0), evaluation.epochs[0]))
        epoch = pick_epoch(f"The {name} epoch", f"compare_{name}_epoch", evaluation, default)
    return run, epoch


def _compare(first: Side, second: Side) -> Comparison:
    (run, epoch), (other, other_epoch) = first, second

    def compute() -> Comparison:
        one, two = known_evaluation(run).predictions[epoch], known_evaluation(other).predictions[other_epoch]
        return compare_predictions(one, two, run.classes, other.classes)

    return remembered("comparison", [run, other], compute, epoch, other_epoch)


def _rows(side: Side, ids: tuple[str, ...]) -> pd.DataFrame:
    """One side's predictions for these images, the most confident first."""
    run, epoch = side
    table = predictions_of(run, known_evaluation(run), epoch)
    return table[table["id"].isin(ids)].sort_values("confidence", ascending=False, kind="stable")


def _first_words(first: Side, rows: pd.DataFrame) -> list[str]:
    """The first side's predictions for these images, in words."""
    run, epoch = first
    table = predictions_of(run, known_evaluation(run), epoch)
    said = table[table["id"].isin(rows["id"])].set_index("id").to_dict("index")
    return [f"first: {said[name]['predicted']}, {percent(said[name]['confidence'], 0)} sure" for name in rows["id"]]


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]
