"""The Predict page: what a model predicts for one image, and why; or for many photographs without labels."""

import streamlit as st

from tlcore.errors import ModelError
from tlcore.evaluation.tables import top_classes_table
from tlcore.figures.predict import plot_top_classes
from tlcore.words import percent
from ui.predict.answers import SHOWN_PX, Answer, ask, explain, overlay
from ui.predict.folder import show_folder
from ui.predict.models import ModelRef, pick_models
from ui.predict.said import show_answer
from ui.shared.cached import open_dataset
from ui.shared.image_picker import PickedImage, pick_image, thumbnail
from ui.shared.torch_once import load_torch
from ui.shared.views import pick_view
from ui.shared.widgets import escape_markdown, friendly_errors, show_figure
from ui.shell import open_page

TOP = 5
IMAGE, FOLDER = "image", "folder"
VIEWS = {IMAGE: "One image", FOLDER: "Many images"}


def show_why(image: PickedImage, chosen: ModelRef, target: int, strength: float) -> None:
    try:
        found = explain(chosen, image.key, image, target)
    except ModelError as error:
        st.image(thumbnail(image.pixels(), SHOWN_PX), width="stretch")
        st.caption(escape_markdown(str(error)))
        return
    st.image(overlay(image, found, strength), width="stretch")
    rows, columns = found.cells
    empty = "" if found.values_HW.any() else " Nothing in this image speaks for that class."
    st.caption(f"{found.method} of {rows} × {columns} cells. The network looks at what is in the frame.{empty}")


@st.fragment
def explain_answers(image: PickedImage, answers: list[tuple[ModelRef, Answer]]) -> None:
    _, first = answers[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = st.selectbox(
            "Show what speaks for",
            first.order,
            index=None,
            format_func=lambda index: f"{first.classes[index]} · {percent(float(first.probabilities[index]))}",
            key=f"predict_target_{len(first.classes)}",
            placeholder="the likeliest class",
            width=320,
        )
        strength = st.slider(
            "Strength of the map",
            0.0,
            1.0,
            0.7,
            0.05,
            format="percent",
            key="predict_strength",
            persist_state="session",
            width=220,
        )
    original, *maps = st.columns(1 + len(answers), gap="medium")
    with original:
        st.image(thumbnail(image.pixels(), SHOWN_PX), width="stretch")
        st.caption("The image")
    for column, (chosen, answer) in zip(maps, answers, strict=True):
        with column:
            show_why(image, chosen, answer.order[0] if target is None else target, strength)
            if len(answers) > 1:
                st.caption(chosen.title)
    st.markdown(f"**The {min(TOP, len(first.classes))} likeliest classes**")
    said = [(chosen.title, answer.classes, answer.probabilities) for chosen, answer in answers]
    show_figure(plot_top_classes(top_classes_table(said, TOP)), key="predict_classes")


def predict_image(source: str) -> None:
    load_torch()
    dataset = open_dataset(source)
    result = st.container(key="predict_result")  # above the pickers, so that it is visible on a phone too
    pictures, models = st.columns([1, 1.2], gap="large")
    with pictures:
        image = pick_image(source, dataset, "predict", camera=True, unseen=True)
    with models:
        chosen = pick_models(source)
    if image is not None and chosen:
        answers = [(model, ask(model, image.key, image)) for model in chosen]
        with result, st.container(border=True):
            for model, answer in answers:
                if len(answers) > 1:
                    st.caption(model.title)
                show_answer(image, model, answer, source)
        explain_answers(image, answers)
    elif image is not None:
        pictures.image(thumbnail(image.pixels(), SHOWN_PX))


page = open_page("Predict")
st.title("Predict")
st.caption(
    "One image: what a model takes it for, and which parts of it speak for that. Or many without labels: predict all "
    "of them, and accept or correct."
)
with friendly_errors():
    if pick_view("predict_view", VIEWS, "View") == FOLDER:
        show_folder(page.dataset_source)
    else:
        predict_image(page.dataset_source)
