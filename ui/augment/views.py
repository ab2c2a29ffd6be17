"""A random view as the network receives it, and the validation view beside the training view."""

import streamlit as st
from PIL import Image, ImageDraw

from tlcore.transforms.draws import Draw
from tlcore.transforms.network_input import network_input
from tlcore.transforms.spec import TransformSpec
from ui.shared.image_picker import PickedImage, thumbnail

SIDE_PX = 320


def show_network_input(transform: TransformSpec, draw: Draw) -> None:
    seen = network_input(transform, draw.image_HWC)
    images = {
        "After the operations": draw.image_HWC,
        "Normalised, as colours": seen.stretched(),
        "Brought back": seen.brought_back(),
    }
    *columns, numbers = st.columns([1, 1, 1, 1.5])
    for column, (title, pixels) in zip(columns, images.items(), strict=True):
        column.markdown(f"**{title}**")
        column.image(thumbnail(pixels, SIDE_PX), width="stretch")
    with numbers:
        st.markdown("**Values per channel**")
        ranges = seen.ranges().drop(columns="std")
        st.dataframe(ranges.style.format(precision=2, subset=ranges.columns[1:]), hide_index=True, width="stretch")
    st.caption(
        f"The network gets (x − mean) / std of each channel. The mean {_triple(transform.mean)} and the std "
        f"{_triple(transform.std)} belong to the weights. "
        "In the second image the lowest of these numbers is black and the highest white."
    )


def show_validation(image: PickedImage, training: Draw, validation: Draw) -> None:
    for column, (title, draw) in zip(
        st.columns(2, gap="large"), {"Training": training, "Validation": validation}.items(), strict=True
    ):
        with column:
            st.markdown(f"**{title}**")
            original, view = st.columns([1.3, 1], vertical_alignment="center")
            original.image(_with_region(image, draw), width="stretch")
            view.image(thumbnail(draw.image_HWC, SIDE_PX), width="stretch")
            st.caption("  \n".join(f"**{name}** {words}" for name, words in draw.steps))
    st.caption("Validation is the same every time: accuracies are measured on what comes out of it.")


def _with_region(image: PickedImage, draw: Draw) -> Image.Image:
    """The original, darkened outside the region."""
    small = thumbnail(image.pixels(), 2 * SIDE_PX)
    scale = small.width / image.size[1]
    veil = Image.new("L", small.size, 140)
    if len(draw.region):
        corners = [tuple(point) for point in (draw.region * scale).tolist()]
        ImageDraw.Draw(veil).polygon(corners, fill=0)
    return Image.composite(Image.new("RGB", small.size, "black"), small, veil)


def _triple(values: tuple[float, float, float]) -> str:
    return f"({', '.join(f'{value:.3g}' for value in values)})"
