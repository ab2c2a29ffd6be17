"""Keep how an epoch answers with its run, and measure what is far from its training images."""

import streamlit as st

from tlcore.evaluation.answering import wish_words
from tlcore.evaluation.answers import Answers, Wish, save_answers
from tlcore.evaluation.calibrate import Calibrated
from tlcore.evaluation.familiar import load_familiar
from tlcore.evaluation.stored import load_index
from tlcore.runs.folder.run import Run
from tlcore.system.home import is_mine
from tlcore.words import percent
from ui.shared.widgets import escape_markdown, friendly_errors
from ui.shared.work import find_result, forget_work, is_working, show_work, start_work, work_key


def show_keep(run: Run, found: Calibrated, kept: Answers) -> None:
    """The button; none for a run of somebody else, because it changes what they are answered."""
    new = found.answers
    same = (kept.images, kept.temperature, kept.threshold, kept.wish) == (
        new.images,
        new.temperature,
        new.threshold,
        new.wish,
    )
    words = "an answer to every image" if not new.threshold else f"“not sure” below {percent(new.threshold)}"
    if same:
        st.success(f"Kept with the run: temperature {new.temperature:.2f}, {words}.", icon=":material/check:")
    elif kept.images:
        st.caption(
            f"Kept with the run now: temperature {kept.temperature:.2f}, {escape_markdown(wish_words(kept.wish))}, "
            f"threshold {kept.threshold:.3f}."
        )
    if same or not is_mine(run.path):
        return
    if st.button(
        "Keep for this epoch",
        key="compare_answers_keep",
        icon=":material/save:",
        type="primary",
        help="Predictions, exports and the service then use this temperature and this threshold.",
    ):
        entry = load_index(run, "val").epochs.get(new.epoch)
        far = {"far_distance": kept.far_distance, "weights": entry.weights if entry else kept.weights}
        with friendly_errors():
            save_answers(run, new.model_copy(update=far))
        st.rerun()


def show_far(run: Run, epoch: int, kept: Answers) -> None:
    """Whether the epoch knows what is far from its training images; the button that measures it."""
    if load_familiar(run, kept) is not None:
        st.caption(
            f":material/explore: Predict warns where an image is far from all training images: its nearest one more "
            f"than {kept.far_distance:.3f} away. 1 in 20 images of val is."
        )
        return
    if not can_calibrate(run, epoch, kept.wish):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("What is far from all training images is not measured yet for this epoch.", width="content")
        if st.button("Measure it", key="compare_far", icon=":material/explore:", type="tertiary"):
            start_calibration(run, epoch, kept.wish)


def can_calibrate(run: Run, epoch: int, wish: Wish | None) -> bool:
    """Draw the progress of a calibration that goes on; else say whether one may be started: only for a run of one's
    own, because it changes what is answered."""
    key = _key(run, epoch, wish)
    show_work(key, "The calibration")
    if find_result(key) is not None:
        forget_work(key)  # what it kept was dropped since
    return not is_working(key) and is_mine(run.path)


def start_calibration(run: Run, epoch: int, wish: Wish | None) -> None:
    """Calibrate in a separate process, which also computes what is missing; then the page is drawn again."""
    command = ["calibrate", str(run.path), "--epoch", str(epoch), "--json"]
    if wish is not None:
        command += [f"--{wish.kind}", f"{100 * wish.value:.6g}"]
    with friendly_errors():
        start_work(_key(run, epoch, wish), command, run.config.asked())
    st.rerun()


def _key(run: Run, epoch: int, wish: Wish | None) -> str:
    return work_key("calibrate", str(run.path), str(epoch), repr(wish))
