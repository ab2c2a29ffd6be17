"""Use a pipeline elsewhere: copy it as Python, save it under a name, or train with it."""

from dataclasses import dataclass

import streamlit as st

from tlcore.errors import ConfigError
from tlcore.transforms.saved import list_transforms, save_transform
from tlcore.transforms.sizes import Size
from tlcore.transforms.spec import TransformSpec
from ui.shared.image_picker import PickedImage
from ui.shared.state import link
from ui.shared.widgets import error_box, escape_markdown

DEFAULT_NAME = "my augmentation"
_MINE, _OUTCOME = "augment_saved_here", "augment_outcome"


@dataclass(frozen=True)
class _Outcome:
    """Result of an attempt to save, kept for the next run of the script."""

    train: bool
    problem: str = ""
    taken: bool = False
    """Whether the problem is that another transform has the name."""


def show_python(transform: TransformSpec, image: PickedImage, seed: int) -> None:
    st.caption(f"Pasted into a script, this gives the draw with seed {seed}, number for number.")
    st.code(python_source(transform, image.name, seed, image.jpeg and image.jpeg.size), language="python")


def python_source(transform: TransformSpec, file_name: str, seed: int, jpeg_size: Size | None = None) -> str:
    """A script that makes one draw of an image file; of a JPEG with its size."""
    factor = 1 if jpeg_size is None else transform.reduction(jpeg_size)
    imports, _, pipeline = transform.source().partition("\n\n")
    reduced = ""
    if jpeg_size is not None and factor > 1:
        (height, width), unpacked = jpeg_size, transform.unpacked_size(jpeg_size)[::-1]
        reduced = f"image.draft(None, {(width // factor, height // factor)})  # this JPEG is unpacked at 1/{factor}\n"
        if width % factor or height % factor:
            box = f"(0, 0, {width / factor}, {height / factor})"
            reduced += f"image = image.resize({unpacked}, Image.Resampling.BICUBIC, {box})\n"
    return (
        f"{imports}\nfrom PIL import Image\n\n{pipeline}\n"
        f"image = Image.open({file_name!r})\n"
        f"{reduced}"
        "image = image.convert('RGB')\n"
        f"torch.manual_seed({seed})\n"
        "view = transform(image)\n"
    )


def show_save(transform: TransformSpec) -> None:
    """Save under a name, or save and train with it. A transform saved in this visit is replaced without a question."""
    outcome: _Outcome | None = st.session_state.pop(_OUTCOME, None)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Save as", DEFAULT_NAME, key="augment_name", max_chars=60, width=260, persist_state="session"
        )
        name = name.strip()
        st.button("Save", key="augment_save", icon=":material/save:", on_click=_save, args=(name, transform, False))
        st.button(
            "Train with this",
            key="augment_train",
            type="primary",
            icon=":material/model_training:",
            on_click=_save,
            args=(name, transform, True),
        )
        if outcome and outcome.taken:
            st.button(
                "Replace it and train" if outcome.train else "Replace it",
                key="augment_replace",
                icon=":material/sync:",
                on_click=_save,
                args=(name, transform, outcome.train, True),
            )
    if outcome is None:
        return
    if outcome.problem:
        error_box(outcome.problem)
    elif outcome.train:
        link("pages/train.py", transform=name)
    else:
        st.success(f"Saved as “{escape_markdown(name)}”. The training page offers it, too.", icon=":material/check:")


def _save(name: str, transform: TransformSpec, train: bool, replace: bool = False) -> None:
    mine: set[str] = st.session_state.setdefault(_MINE, set())
    try:
        save_transform(name, transform, replace=replace or name in mine)
    except ConfigError as error:
        st.session_state[_OUTCOME] = _Outcome(train, str(error), name in list_transforms())
    else:
        mine.add(name)
        st.session_state[_OUTCOME] = _Outcome(train)
