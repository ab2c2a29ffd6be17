"""Choose one image: of the dataset, by search or by chance, or an upload, or a photograph taken now."""

import hashlib
import io
import random
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from tlcore.data.dataset import Dataset
from tlcore.data.pixels.formats import UPLOAD_TYPES
from tlcore.data.pixels.images import decode_image
from tlcore.errors import UnreadableImage
from tlcore.words import count
from ui.shared.cached import open_dataset
from ui.shared.state import param, set_params
from ui.shared.widgets import error_box, escape_markdown

MAX_UPLOAD_BYTES = 50_000_000
MAX_SIDE_PX = 6000
"""A larger image is halved until it fits: these pages keep decoded images in memory, for all visitors."""

DATASET, UPLOAD, CAMERA = "Dataset", "Upload", "Camera"


@dataclass(frozen=True, eq=False)
class PickedImage:
    name: str
    """File name, from outside: to be shown with `plain`."""
    key: str
    """Differs where the pixels differ."""
    pixels_HWC: npt.NDArray[np.uint8] = field(repr=False)
    label: str = ""
    """The class it has in the dataset."""

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.pixels_HWC.shape[:2]
        return height, width


def pick_image(
    source: str, dataset: Dataset, page: str, *, camera: bool = False, unseen: bool = False
) -> PickedImage | None:
    """Draw the picker of a page, which `page` names for its keys. None where nothing is chosen, or it is unreadable.

    The chosen image of the dataset stands in the address, as `image`. With `unseen`, the first one offered is of the
    last split: of test, where there is one.
    """
    origins = [DATASET, UPLOAD, *([CAMERA] if camera else [])]
    origin = st.segmented_control(
        "Image from",
        origins,
        default=DATASET,
        required=True,
        key=f"{page}_origin",
        persist_state="session",
        label_visibility="collapsed",
    )
    try:
        if origin == DATASET:
            return _from_dataset(source, dataset, page, dataset.split_names[-1 if unseen else 0])
        return _from_file(page, take=origin == CAMERA)
    except UnreadableImage as error:
        error_box(f"This image cannot be used: {error}.")
        return None


@st.cache_resource(max_entries=8, ttl=900, show_spinner=False)
def _decode_sample(source: str, sample_id: str) -> npt.NDArray[np.uint8]:
    return _fit(open_dataset(source).source.decode(sample_id).image)


@st.cache_resource(max_entries=8, ttl=900, show_spinner=False)
def _decode_upload(digest: str, _data: bytes) -> npt.NDArray[np.uint8]:
    return _fit(decode_image(_data))


def _fit(image: Image.Image) -> npt.NDArray[np.uint8]:
    factor = -(-max(image.size) // MAX_SIDE_PX)
    pixels = np.array(image if factor == 1 else image.reduce(factor))
    pixels.flags.writeable = False
    return pixels


def _from_dataset(source: str, dataset: Dataset, page: str, split: str) -> PickedImage | None:
    ids = _sample_ids(source)
    with st.container(horizontal=True, wrap=False, gap="xsmall"):
        wanted = st.text_input(
            "File name",
            key=f"{page}_search",
            persist_state="session",
            placeholder="Search by file name",
            icon=":material/search:",
            label_visibility="collapsed",
            width="stretch",
        )
        found = [index for index, name in enumerate(ids) if wanted.lower() in name] if wanted else range(len(ids))
        chosen = _position(dataset, found, param("image") or st.session_state.get(f"{page}_image"), split)
        steps = {
            "previous": (":material/chevron_left:", "Previous image", chosen - 1),
            "next": (":material/chevron_right:", "Next image", chosen + 1),
            "random": (":material/casino:", "Any image", random.randrange(max(len(found), 1))),
        }
        for name, (icon, help_text, position) in steps.items():
            if st.button("", key=f"{page}_{name}", icon=icon, help=help_text, disabled=len(found) < 2):
                chosen = position % len(found)
    if not found:
        st.info(f"No file name contains “{escape_markdown(wanted)}”.", icon=":material/search_off:")
        return None
    sample = dataset.samples[found[chosen]]
    set_params(image=sample.id)
    st.session_state[f"{page}_image"] = sample.id
    pixels = _decode_sample(source, sample.id)
    label = dataset.classes[sample.target]
    height, width = pixels.shape[:2]
    st.caption(
        f"**{escape_markdown(sample.id)}** · {escape_markdown(label)} · {sample.split} · {width} × {height} px · "
        f"{count(chosen + 1)} of {count(len(found))}"
    )
    return PickedImage(sample.id, f"{source}\n{sample.id}", pixels, label)


@st.cache_resource(max_entries=8, ttl=300, show_spinner=False)
def _sample_ids(source: str) -> list[str]:
    return [sample.id.lower() for sample in open_dataset(source).samples]


def _position(dataset: Dataset, found: "range | list[int]", asked: str | None, split: str) -> int:
    """Where the image asked for stands among those found; else the first of that split; else the first of all."""
    samples = [dataset.samples[index] for index in found]
    asked_for = (number for number, sample in enumerate(samples) if sample.id == asked)
    of_split = (number for number, sample in enumerate(samples) if sample.split == split)
    return next(asked_for, next(of_split, 0))


def _from_file(page: str, *, take: bool) -> PickedImage | None:
    if take:
        file = st.camera_input("Take a photograph", key=f"{page}_camera", label_visibility="collapsed", width=480)
    else:
        file = st.file_uploader(
            "An image",
            type=list(UPLOAD_TYPES),
            key=f"{page}_upload",
            max_upload_size=MAX_UPLOAD_BYTES // 1_000_000,
            label_visibility="collapsed",
        )
    if file is None:
        return None
    data = file.getvalue()
    if len(data) > MAX_UPLOAD_BYTES:  # the widget's own limit is kept by the browser alone
        raise UnreadableImage(f"larger than {MAX_UPLOAD_BYTES // 1_000_000} MB")
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    pixels = _decode_upload(digest, data)
    height, width = pixels.shape[:2]
    st.caption(f"**{escape_markdown(file.name)}** · {width} × {height} px")
    return PickedImage(file.name, digest, pixels)


def thumbnail(pixels_HWC: npt.NDArray[np.uint8], side_px: int) -> Image.Image:
    """At most `side_px` on the longer side; smaller images stay as they are."""
    image = Image.fromarray(pixels_HWC)
    image.thumbnail((side_px, side_px), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return image


def jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88)
    return file.getvalue()
