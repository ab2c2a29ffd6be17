"""The calibration of an epoch: whether its probabilities match its accuracy, and from which on it should answer."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from tlcore.errors import WishNotMet
from tlcore.evaluation.answering import answering_table
from tlcore.evaluation.answers import Answers, Wish, load_answers
from tlcore.evaluation.calibrate import (
    Calibrated,
    answering_by_epoch,
    calibrate_epoch,
    calibrated_lines,
    confidence_of,
    temperatures,
)
from tlcore.evaluation.calibration import calibration
from tlcore.evaluation.result import Evaluation
from tlcore.evaluation.stored import stored_version
from tlcore.figures.answering import plot_answering
from tlcore.figures.compare import plot_reliability
from tlcore.runs.folder.run import Run
from tlcore.words import bounds, interval, percent
from ui.compare.keep_answers import can_calibrate, show_far, show_keep, start_calibration
from ui.shared.results import remembered, stored
from ui.shared.widgets import escape_markdown, friendly_errors, show_figure

ALWAYS, RIGHT, UNANSWERED = "always", "right", "unanswered"
KINDS = {ALWAYS: "Every image", RIGHT: "Wish: right", UNANSWERED: "Wish: unanswered"}
USUAL = {RIGHT: 98.0, UNANSWERED: 10.0}


def show_calibration(run: Run, evaluation: Evaluation, epoch: int) -> None:
    """Reliability before and after the temperature, the curve of answers, the wish, and the button that keeps both."""
    on_val = evaluation if evaluation.split == "val" else stored(run, "val").evaluation
    if on_val is None or epoch not in on_val.epochs:
        _show_without_val(run, evaluation, epoch)
        return
    with friendly_errors():
        kept = load_answers(run, epoch)
    wish = _pick_wish(run, epoch, kept)
    found, problem = _calibrate(run, on_val, evaluation, epoch, wish)
    if problem:
        st.info(escape_markdown(problem), icon=":material/info:")
    _show_metrics(found)
    _show_figures(run, on_val, evaluation, found)
    for line in calibrated_lines(found):
        st.markdown(f"- {escape_markdown(line)}")
    if not problem:
        show_keep(run, found, kept)
    show_far(run, epoch, kept)
    if wish is not None:
        _show_epochs(run, on_val, evaluation, wish)


def _pick_wish(run: Run, epoch: int, kept: Answers) -> Wish | None:
    """What the threshold is chosen for; at first what it was chosen for when it was kept."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Answer",
            list(KINDS),
            default=kept.wish.kind if kept.wish else ALWAYS,
            required=True,
            key=f"compare_wish_{run.name}_{epoch}",
            format_func=KINDS.__getitem__,
            help="Below a threshold the answer is “not sure”. It is chosen on val and reported on test.",
        )
        if kind == ALWAYS:
            return None
        usual = 100 * kept.wish.value if kept.wish and kept.wish.kind == kind else USUAL[kind]
        value = st.number_input(
            "Right answers, at least (%)" if kind == RIGHT else "Images without an answer, at most (%)",
            min_value=1.0,
            max_value=99.9,
            value=usual,
            step=1.0,
            format="%.4g",
            key=f"compare_wish_{kind}_{run.name}_{epoch}",
            width=260,
        )
    return Wish(kind="right" if kind == RIGHT else "unanswered", value=value / 100)


def _calibrate(
    run: Run, on_val: Evaluation, on_report: Evaluation, epoch: int, wish: Wish | None
) -> tuple[Calibrated, str]:
    """The result for the wish; if val cannot meet it, the one without a threshold, and the reason."""

    depends_on = (epoch, stored_version(run, "val"))
    plain = remembered("calibrated", [run], lambda: calibrate_epoch(on_val, on_report, epoch), *depends_on)
    if wish is None:
        return plain, ""
    try:
        return calibrate_epoch(on_val, on_report, epoch, wish, known=plain), ""
    except WishNotMet as reason:
        return plain, str(reason)


def _show_metrics(found: Calibrated) -> None:
    change, on_report = found.change, found.on_report
    with st.container(horizontal=True):
        st.metric(
            f"Answers, of {on_report.images:,} {found.split} images",
            interval(on_report.share, on_report.share_low, on_report.share_high, 0),
            width="content",
        )
        right = interval(on_report.accuracy, on_report.low, on_report.high, 0) if on_report.answered else "–"
        st.metric("Right of those", right, width="content")
        st.metric(
            "Expected calibration error",
            percent(change.after.value),
            f"{percent(change.before.value)} before",
            delta_color="off",
            delta_arrow="off",
            width="content",
            help=f"Guo et al. (2017), ten bins of equal width. 95 % interval (bootstrap): "
            f"{bounds(change.after.low, change.after.high)}, before {bounds(change.before.low, change.before.high)}.",
        )


def _show_figures(run: Run, on_val: Evaluation, evaluation: Evaluation, found: Calibrated) -> None:
    answers, split = found.answers, found.split
    epoch = answers.epoch
    key = (epoch, answers.temperature, answers.threshold, stored_version(run, "val"))
    predictions = evaluation.predictions[epoch]

    def reliability() -> go.Figure:
        before, after = (
            calibration(predictions.logits_NC, predictions.targets_N, temperature=one).table
            for one in (1.0, answers.temperature)
        )
        return plot_reliability(after, before=before if answers.temperature != 1 else None)

    def curve() -> go.Figure:
        of_val = None if split == "val" else answering_table(*confidence_of(on_val, answers))
        table = answering_table(*confidence_of(evaluation, answers))
        return plot_answering(table, split, answers.threshold, on_val=of_val)

    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Confidence and accuracy**")
        show_figure(remembered("reliability", [run], reliability, *key), "compare_calibration")
        st.caption(
            "Of images that the epoch is 90 % sure of, 90 % should be right. Bars above the line: too modest; below: "
            "too sure. The whiskers are 95 % intervals, and wide where a bin has few images."
        )
    with right:
        st.markdown("**Answers and right answers**")
        show_figure(remembered("answering", [run], curve, *key), "compare_answering")
        st.caption(
            "With a higher threshold fewer images get an answer, and more of the answers are right. The band is the "
            "95 % interval (Wilson). ◆ is the threshold chosen on val."
        )


def _show_without_val(run: Run, evaluation: Evaluation, epoch: int) -> None:
    """An epoch whose logits on val are not stored: those of a run of an earlier version, or of imported weights."""
    predictions = evaluation.predictions[epoch]
    found = remembered("calibration", [run], lambda: calibration(predictions.logits_NC, predictions.targets_N), epoch)
    st.metric("Expected calibration error", percent(found.error), help="Guo et al. (2017), ten bins of equal width")
    show_figure(
        remembered("calibration figure", [run], lambda: plot_reliability(found.table), epoch), "compare_calibration"
    )
    if not can_calibrate(run, epoch, None):
        return
    st.caption("A temperature and a threshold need what this epoch says of val, and that is not stored yet.")
    if st.button("Calibrate on val", key="compare_calibrate", icon=":material/tune:"):
        start_calibration(run, epoch, None)


def _show_epochs(run: Run, on_val: Evaluation, evaluation: Evaluation, wish: Wish) -> None:
    """What the wish means in every epoch, on the report split."""
    with st.expander("The same wish in every epoch", icon=":material/table_rows:", key="compare_wish_epochs"):
        val = stored_version(run, "val")
        known = remembered("temperatures", [run], lambda: temperatures(on_val), val)
        table = remembered(
            "answering by epoch", [run], lambda: answering_by_epoch(on_val, evaluation, wish, known), repr(wish), val
        )
        shown = pd.DataFrame({"Epoch": table["epoch"], "Temperature": table["temperature"].round(2)})
        shown["Threshold"] = table["threshold"].round(3)
        shown["Answers (95 %)"] = _intervals(table, "share", "share_low", "share_high")
        shown["Right of those (95 %)"] = _intervals(table, "accuracy", "low", "high")
        st.dataframe(shown, hide_index=True, key="compare_wish_table", placeholder="–")
        st.caption(
            f"On {evaluation.split}, each with the threshold of its own val images. “–”: val cannot meet the wish."
        )


def _intervals(table: pd.DataFrame, *columns: str) -> list[str]:
    """A fraction with its interval per row; a dash where there is none."""
    rows = table[list(columns)].to_numpy().tolist()
    return ["–" if value != value else interval(value, low, high, 0) for value, low, high in rows]
