"""The Augmentation page: try a training transform, and see its random views and what it does on this dataset."""

import streamlit as st

from tlcore.errors import ConfigError
from tlcore.transforms.spec import TransformSpec
from ui.augment.crops import show_crops
from ui.augment.draws import draws_of, show_draws
from ui.augment.network import pick_view_of_weights
from ui.augment.pipeline import edit_pipeline
from ui.augment.save import show_python, show_save
from ui.augment.views import show_network_input, show_validation
from ui.shared.cached import open_dataset
from ui.shared.image_picker import PickedImage, pick_image
from ui.shared.torch_once import load_torch
from ui.shared.views import pick_view
from ui.shared.widgets import error_box, friendly_errors
from ui.shell import open_page

DELIVERED, NETWORK, VALIDATION, PYTHON = "delivered", "network", "validation", "python"
TABS = {
    DELIVERED: "Asked and delivered",
    NETWORK: "What the network sees",
    VALIDATION: "Validation view",
    PYTHON: "Python",
}
COUNTS = (6, 12, 24, 48)


def pick_seeds() -> range:
    """The seeds to draw with: the visitor chooses how many, and the first."""
    first = st.session_state.setdefault("augment_seed", 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.segmented_control(
            "Draws", COUNTS, default=12, required=True, key="augment_count", persist_state="session"
        )
        if st.button("Draw again", key="augment_again", icon=":material/casino:"):
            first = (first + number) % 2**31
            st.session_state["augment_seed"] = first
        st.caption(f"Seeds {first} to {first + number - 1}")
    return range(first, first + number)


@st.fragment
def playground(source: str, image: PickedImage, evaluation: TransformSpec, size_px: int) -> None:
    drawn, edited = st.columns([1.75, 1], gap="medium")
    with edited:
        transform = edit_pipeline(evaluation, size_px)
    with drawn:
        seeds = pick_seeds()
        try:
            draws, shown = draws_of(image.key, image, transform.model_dump_json(), tuple(seeds))
        except ConfigError as error:
            error_box(error)
            return
        chosen = draws[show_draws(image, shown)]
        warn_of_sizes(transform)
        show_save(transform)
    tab = pick_view("augment_tab", TABS, "Part")
    if tab == DELIVERED:
        show_crops(source, transform)
    elif tab == NETWORK:
        show_network_input(transform, chosen)
    elif tab == VALIDATION:
        (view,), _ = draws_of(image.key, image, evaluation.model_dump_json(), (0,))
        show_validation(image, chosen, view)
    else:
        show_python(transform, image, chosen.seed)


def warn_of_sizes(transform: TransformSpec) -> None:
    try:
        transform.output_px()
    except ConfigError as error:
        st.warning(str(error), icon=":material/crop:")


page = open_page("Augmentation")
st.title("Augmentation")
st.caption("In every epoch an image looks a little different. Here is how.")
load_torch()
with friendly_errors():
    dataset = open_dataset(page.dataset_source)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        with st.container(width="stretch"):
            image = pick_image(page.dataset_source, dataset, "augment")
        with st.container(width=240):
            evaluation, size_px = pick_view_of_weights()
    if image is not None:
        playground(page.dataset_source, image, evaluation, size_px)
