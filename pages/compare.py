"""Every saved epoch of one or more runs on the test split: which to keep, what it gets wrong, how sure that is."""

import streamlit as st

from ui.compare.classes import show_calibration, show_classes
from ui.compare.confusion import show_confusion
from ui.compare.download import show_download
from ui.compare.epochs import show_choice, show_epochs
from ui.compare.evaluation import show_evaluation
from ui.compare.images import show_images, show_timeline
from ui.compare.pair import show_pair
from ui.compare.runs import note_other_data, pick_epoch, pick_run, pick_runs
from ui.compare.summary import show_accuracy, show_runs_table
from ui.shared.cached import list_runs
from ui.shared.results import evaluation_of, known_evaluation
from ui.shared.runs import readable_runs
from ui.shared.widgets import empty_state, friendly_errors
from ui.shell import open_page

EPOCHS, PAIR = "Epochs", "Side by side"
OF_ONE_EPOCH = {
    "Confusion": show_confusion,
    "Images": show_images,
    "Timeline": show_timeline,
    "Classes": show_classes,
    "Calibration": show_calibration,
    "Download": show_download,
}

page = open_page("Compare", needs_dataset=False)
st.title("Compare")
runs = readable_runs(list_runs())
if not runs:
    empty_state(
        "There is no trained model to look at yet.",
        "Train the first one",
        key="compare_train_first",
        icon=":material/model_training:",
        page="pages/train.py",
    )
    st.stop()

with friendly_errors():
    chosen = pick_runs(runs, page.dataset_source)
    if not chosen:
        st.info("Choose one or more runs above.", icon=":material/arrow_upward:")
        st.stop()
    show_evaluation(chosen)
    note_other_data(chosen)
    show_accuracy(chosen)
    evaluated = [run for run in chosen if evaluation_of(run)]
    if not evaluated:
        st.stop()
    if len(chosen) > 1:
        show_runs_table(chosen)

    st.subheader("A closer look")
    part = st.segmented_control(
        "Part",
        [EPOCHS, PAIR, *OF_ONE_EPOCH],
        default=EPOCHS,
        required=True,
        key="compare_part",
        label_visibility="collapsed",
        bind="query-params",
        persist_state="session",
    )
    if part == PAIR:
        show_pair(evaluated)
    elif part == EPOCHS:
        run = pick_run("Run", "compare_run", evaluated)
        show_choice(run, known_evaluation(run))
        show_epochs(run)
    else:
        run = pick_run("Run", "compare_run", evaluated)
        evaluation = known_evaluation(run)
        epoch = pick_epoch("Epoch", "compare_epoch", evaluation)
        OF_ONE_EPOCH[part](run, evaluation, epoch)
