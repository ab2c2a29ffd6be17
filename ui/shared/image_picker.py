"""The picker of one image: from the dataset, by search or at random, from an upload, or from the camera."""

import hashlib
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from tlcore.data.dataset import Dataset
from tlcore.data.pixels.decoded import Decoded
from tlcore.data.pixels.formats import UPLOAD_TYPES
from tlcore.data.pixels.images import decode
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.errors import UnreadableImage
from tlcore.transforms.spec import TransformSpec
from tlcore.words import count
from ui.shared.cached import edits_version, open_dataset
from ui.shared.caching import by_dataset, by_path, cache_resource
from ui.shared.pictures import Picture, PictureGroup, show_pictures
from ui.shared.state import param, set_params
from ui.shared.uploads import still_here
from ui.shared.views import pick_view
from ui.shared.widgets import error_box, escape_markdown

MAX_UPLOAD_BYTES = 50_000_000
MAX_SIDE_PX = 6000
"""A larger image is halved until it fits: the pages cache decoded images in memory for all visitors."""

DATASET, UPLOAD, CAMERA = "dataset", "upload", "camera"
ORIGINS = {DATASET: "Dataset", UPLOAD: "Upload", CAMERA: "Camera"}
IN_STRIP = 12
"""Thumbnails beside the chosen one."""


class Jpeg(NamedTuple):
    size: tuple[int, int]
    """Height and width of the upright image in the file."""
    load: Callable[[TransformSpec], Decoded]
    """Unpacks it for a transform. Raises UnreadableImage."""


@dataclass(frozen=True, eq=False)
class PickedImage:
    name: str
    """File name. It comes from outside: escape it with `escape_markdown` before it is shown."""
    key: str
    """Two images with different pixels have different keys."""
    size: tuple[int, int]
    """Height and width of its pixels."""
    pixels: Callable[[], npt.NDArray[np.uint8]] = field(repr=False)
    """Its pixels (H, W, 3), from a cache: what a page of a visitor remembers holds none."""
    label: str = ""
    """Its class in the dataset; empty for other images."""
    jpeg: "Jpeg | None" = field(default=None, repr=False)
    """How to unpack it for a transform; None for other formats, which are always unpacked in full."""

    def pixels_for(self, transform: TransformSpec) -> npt.NDArray[np.uint8]:
        """The pixels that reach this transform in training and prediction: fewer, if it has a large JPEG reduced."""
        factor = 1 if self.jpeg is None else transform.reduction(self.jpeg.size)
        if self.jpeg is None or factor == 1:
            return self.pixels()
        return _unpack(self.key, factor, transform, self.jpeg.load)


def pick_image(
    source: str, dataset: Dataset, page: str, *, camera: bool = False, unseen: bool = False
) -> PickedImage | None:
    """Draw the picker. None if nothing is chosen or the image is unreadable. `page` is a prefix of the widget keys.

    The address contains the chosen image of the dataset as `image`. With `unseen`, the first image offered is from
    the last split, which is test if there is one.
    """
    origins = {name: label for name, label in ORIGINS.items() if camera or name != CAMERA}
    origin = pick_view(f"{page}_origin", origins, "Image from")
    try:
        if origin == DATASET:
            return _from_dataset(source, dataset, page, dataset.split_names[-1 if unseen else 0])
        return _from_file(page, take=origin == CAMERA)
    except UnreadableImage as error:
        error_box(f"This image cannot be used: {error}.")
        return None


@cache_resource(by_dataset, max_entries=6, ttl=900, show_spinner=False)
def _decode_sample(source: str, sample_id: str) -> "_Fitted":
    return _fit(open_dataset(source).source.decode(sample_id))


@cache_resource(by_path, max_entries=8, ttl=900, show_spinner=False)
def _unpack(
    key: str, factor: int, _transform: TransformSpec, _load: Callable[[TransformSpec], Decoded]
) -> npt.NDArray[np.uint8]:
    pixels = np.array(_load(_transform).image)
    pixels.flags.writeable = False
    return pixels


@st.cache_resource(max_entries=4, ttl=900, show_spinner=False)
def _decode_upload(digest: str, _data: bytes) -> "_Fitted":
    return _fit(decode(_data))


@dataclass(frozen=True, eq=False)
class _Fitted:
    pixels_HWC: npt.NDArray[np.uint8]
    jpeg_size: tuple[int, int] | None
    """Height and width of the file's image if it is a JPEG."""
    size_words: str
    """Size of the file's image, which may be larger than the cached pixels."""

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.pixels_HWC.shape[:2]
        return height, width


def _fit(decoded: Decoded) -> _Fitted:
    image = decoded.image
    factor = -(-max(image.size) // MAX_SIDE_PX)
    pixels = np.array(image if factor == 1 else image.reduce(factor))
    pixels.flags.writeable = False
    words = f"{image.width} × {image.height} px"
    return _Fitted(
        pixels,
        (image.height, image.width) if decoded.format == "JPEG" else None,
        words if factor == 1 else f"{words}, used at 1 : {factor}",
    )


def _jpeg(fitted: _Fitted, load: Callable[[TransformSpec], Decoded]) -> Jpeg | None:
    return None if fitted.jpeg_size is None else Jpeg(fitted.jpeg_size, load)


@cache_resource(by_dataset, max_entries=32, ttl=300, show_spinner=False)
def _small(source: str, sample_ids: tuple[str, ...]) -> dict[str, bytes]:
    return thumbnails(open_dataset(source).source, sample_ids)


def _pick_from_strip(source: str, dataset: Dataset, found: "range | list[int]", chosen: int, page: str) -> int | None:
    """Thumbnails around the chosen image. Returns the position of a clicked one among the images found."""
    first = max(0, min(chosen - IN_STRIP // 2, len(found) - IN_STRIP))
    near = range(first, min(first + IN_STRIP, len(found)))
    ids = [dataset.samples[found[position]].id for position in near]
    small = _small(source, tuple(ids))
    pictures = [
        Picture(sample_id, small.get(sample_id), (), chosen=position == chosen)
        for position, sample_id in zip(near, ids, strict=True)
    ]
    clicked = show_pictures([PictureGroup("", tuple(pictures))], key=f"{page}_strip", row=True)
    return near[ids.index(clicked)] if clicked in ids else None


def _from_dataset(source: str, dataset: Dataset, page: str, split: str) -> PickedImage | None:
    ids = _sample_ids(source, edits_version(source))
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
    clicked = _pick_from_strip(source, dataset, found, chosen, page)
    sample = dataset.samples[found[chosen if clicked is None else clicked]]
    set_params(image=sample.id)
    st.session_state[f"{page}_image"] = sample.id
    if clicked is not None:
        st.rerun()  # so that the strip frames this image
    decoded = _decode_sample(source, sample.id)
    label = dataset.classes[sample.target]
    st.caption(
        f"**{escape_markdown(sample.id)}** · {escape_markdown(label)} · {sample.split} · {decoded.size_words} · "
        f"{count(chosen + 1)} of {count(len(found))}"
    )
    jpeg = _jpeg(decoded, lambda transform: dataset.source.decode(sample.id, transform=transform))
    return PickedImage(
        sample.id,
        f"{source}\n{sample.id}",
        decoded.size,
        lambda: _decode_sample(source, sample.id).pixels_HWC,
        label,
        jpeg,
    )


@cache_resource(by_dataset, max_entries=8, ttl=300, show_spinner=False)
def _sample_ids(source: str, version: int) -> list[str]:
    return [sample.id.lower() for sample in open_dataset(source).samples]


def _position(dataset: Dataset, found: "range | list[int]", asked: str | None, split: str) -> int:
    """Position of the requested image among those found; else of the first of that split; else of the first."""
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
    if (file := still_here(file)) is None:
        return None
    data = file.getvalue()
    if len(data) > MAX_UPLOAD_BYTES:  # only the browser enforces the widget's limit
        raise UnreadableImage(f"larger than {MAX_UPLOAD_BYTES // 1_000_000} MB")
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    decoded = _decode_upload(digest, data)
    st.caption(f"**{escape_markdown(file.name)}** · {decoded.size_words}")
    jpeg = _jpeg(decoded, lambda transform: decode(data, transform=transform))
    return PickedImage(file.name, digest, decoded.size, lambda: _decode_upload(digest, data).pixels_HWC, jpeg=jpeg)


def thumbnail(pixels_HWC: npt.NDArray[np.uint8], side_px: int) -> Image.Image:
    """At most `side_px` on the longer side; smaller images keep their size."""
    image = Image.fromarray(pixels_HWC)
    image.thumbnail((side_px, side_px), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return image


def jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88)
    return file.getvalue()
