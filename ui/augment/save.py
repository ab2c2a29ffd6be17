"""Take a pipeline along: as Python, under a name, or straight to training."""

from typing import Any

import streamlit as st

from tlcore.errors import ConfigError
from tlcore.transforms.saved import save_transform
from tlcore.transforms.spec import TransformSpec
from ui.shared.image_picker import PickedImage
from ui.shared.state import link
from ui.shared.widgets import error_box, escape_markdown

DEFAULT_NAME = "my augmentation"
_SAVED, _PROBLEM = "augment_saved", "augment_problem"


def show_python(transform: TransformSpec, image: PickedImage, seed: int) -> None:
    st.caption(f"Pasted into a script, this gives the draw with seed {seed}, number for number.")
    st.code(python_source(transform, image.name, seed), language="python")


def python_source(transform: TransformSpec, file_name: str, seed: int) -> str:
    """A script that makes one draw of an image file."""
    imports, _, pipeline = transform.source().partition("\n\n")
    return (
        f"{imports}\nfrom PIL import Image\n\n{pipeline}\n"
        f"image = Image.open({file_name!r}).convert('RGB')\n"
        f"torch.manual_seed({seed})\n"
        "view = transform(image)\n"
    )


def show_save(transform: TransformSpec) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Save as", DEFAULT_NAME, key="augment_name", max_chars=60, width=260, persist_state="session"
        )
        name = name.strip()
        st.button("Save", key="augment_save", icon=":material/save:", on_click=_save, args=(name, transform))
        trained = st.button(
            "Train with this",
            key="augment_train",
            type="primary",
            icon=":material/model_training:",
            on_click=_save,
            args=(name, transform),
        )
        problem = st.session_state.pop(_PROBLEM, None)
        if problem:
            again: dict[str, Any] = {"args": (name, transform, True)}
            st.button("Replace", key="augment_replace", icon=":material/sync:", on_click=_save, **again)
    if problem:
        error_box(problem)
    elif trained:
        link("pages/train.py", transform=name)
    elif st.session_state.pop(_SAVED, None):
        st.success(f"Saved as “{escape_markdown(name)}”. The training page offers it, too.", icon=":material/check:")


def _save(name: str, transform: TransformSpec, replace: bool = False) -> None:
    try:
        save_transform(name, transform, replace=replace)
    except ConfigError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        st.session_state[_SAVED] = name
