"""What a model says of one image: a class or "not sure", whether that is right, and whether the image is far from all
that it was trained on."""

import streamlit as st

from tlcore.evaluation.answers import NOT_SURE
from tlcore.words import percent
from ui.predict.answers import Answer
from ui.predict.models import ModelRef
from ui.shared.image_picker import PickedImage
from ui.shared.widgets import escape_markdown


def show_answer(image: PickedImage, chosen: ModelRef, answer: Answer, source: str) -> None:
    """The answer, a class or "not sure", and whether it is right: that is known only for images of the model's own
    dataset."""
    said = answer.said
    name, probability = said.ranking[0]
    heading = f"{escape_markdown(name)} · {percent(probability)}" if said.sure else NOT_SURE.capitalize()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### {heading}", width="content")
        if image.label and chosen.dataset == source:
            _show_truth(image.label, name, answer)
    if not said.sure:
        st.caption(
            f"The likeliest is {escape_markdown(name)} with {percent(probability)}. This model answers from "
            f"{percent(answer.answers.threshold)} on."
        )
    if said.far:
        st.warning(
            f"This image is far from everything that the model was trained on: {said.distance:.3f} from the nearest "
            f"training image, and 19 of 20 images of val are within {answer.answers.far_distance:.3f}. Its answer "
            "means little.",
            icon=":material/explore:",
        )


def _show_truth(label: str, name: str, answer: Answer) -> None:
    if not answer.said.sure:
        st.badge(f"it is {escape_markdown(label)}", color="gray")
    elif label == name:
        st.badge("right", icon=":material/check:", color="green")
    elif label in answer.classes:
        probability = float(answer.probabilities[answer.classes.index(label)])
        words = f"wrong: it is {escape_markdown(label)}, which got {percent(probability)}"
        st.badge(words, icon=":material/close:", color="red")
