"""The Compare page: saved epochs of one or more runs on test, which to keep, their mistakes, how certain it all is."""

import streamlit as st

from ui.compare.classes import show_classes
from ui.compare.confusion import show_confusion
from ui.compare.download import show_download
from ui.compare.epochs import show_choice, show_epochs
from ui.compare.evaluation import show_evaluation
from ui.compare.images import show_images, show_timeline
from ui.compare.pair import show_pair
from ui.compare.runs import note_other_data, pick_epoch, pick_run, pick_runs
from ui.compare.summary import show_accuracy, show_runs_table
from ui.compare.sure import show_calibration
from ui.shared.cached import list_runs
from ui.shared.results import evaluation_of, known_evaluation
from ui.shared.runs import note_unreadable, readable_runs
from ui.shared.verdict import show_verdict
from ui.shared.views import pick_view
from ui.shared.widgets import empty_state, friendly_errors
from ui.shell import open_page

EPOCHS, PAIR = "epochs", "pair"
OF_ONE_EPOCH = {
    "confusion": show_confusion,
    "images": show_images,
    "timeline": show_timeline,
    "classes": show_classes,
    "calibration": show_calibration,
    "download": show_download,
}
PARTS = {EPOCHS: "Epochs", PAIR: "Side by side", **{name: name.capitalize() for name in OF_ONE_EPOCH}}

page = open_page("Compare", needs_dataset=False)
st.title("Compare")
runs = readable_runs(list_runs())
note_unreadable()
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
    note_other_data(chosen, page.dataset_source)
    evaluated = [run for run in chosen if evaluation_of(run)]
    if not evaluated:
        show_accuracy(chosen)
        st.stop()
    if len(chosen) > 1:
        show_runs_table(chosen)
    else:
        show_verdict(chosen[0], key="compare", compare=False)

    part = pick_view("compare_part", PARTS, "Part")
    if part == PAIR:
        show_pair(evaluated)
        st.stop()
    run = pick_run("Run", "compare_run", evaluated)
    evaluation = known_evaluation(run)
    if part == EPOCHS:
        show_choice(run, evaluation)
        show_accuracy(chosen)
        show_epochs(run)
    else:
        epoch = pick_epoch("Epoch", "compare_epoch", evaluation)
        OF_ONE_EPOCH[part](run, evaluation, epoch)
