"""Requested against actual crops: what RandomResizedCrop does at the image sizes of this dataset."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from tlcore.data.health.sizes import image_sizes
from tlcore.figures.augment import plot_coverage, plot_kept_area, plot_ratio
from tlcore.transforms.crops import CropSummary, coverage, sample_crops, sizes_before_crop, summarise_crops
from tlcore.transforms.spec import RandomResizedCrop, TransformSpec
from tlcore.words import count, percent
from ui.shared.cached import edits_version, open_dataset
from ui.shared.caching import by_dataset, cache_data, cache_resource
from ui.shared.widgets import show_figure

DRAWS = 10_000


@cache_data(by_dataset, max_entries=32, ttl=300, show_spinner="Looking at the sizes of the images …")
def _sizes(source: str, version: int) -> pd.DataFrame:
    return image_sizes(open_dataset(source))


@dataclass(frozen=True)
class Delivered:
    crop: RandomResizedCrop
    summary: CropSummary
    draws: int
    images: int
    figures: dict[str, go.Figure]


@cache_resource(by_dataset, max_entries=32, ttl=300, show_spinner=False)
def _delivered(source: str, version: int, operations: str) -> Delivered | None:
    """For operations, given as JSON, that end in a RandomResizedCrop. None if the dataset has no readable image."""
    sizes = _sizes(source, version)
    spec = TransformSpec.model_validate_json(operations)
    reached = sizes_before_crop(spec.operations, sizes["height"].to_numpy(), sizes["width"].to_numpy())
    if reached is None or sizes.empty:
        return None
    crop, heights, widths = reached
    crops = sample_crops(heights, widths, crop.scale, crop.ratio, max(1, DRAWS // len(heights)), seed=0)
    figures = {
        "Kept area": plot_kept_area(crops, crop.scale),
        "Width to height": plot_ratio(crops, crop.ratio),
        "Coverage": plot_coverage(coverage(crops)),
    }
    return Delivered(crop, summarise_crops(crops, crop.scale), len(crops), len(heights), figures)


def show_crops(source: str, transform: TransformSpec) -> None:
    first = next((index for index, step in enumerate(transform.operations) if step.op == "RandomResizedCrop"), None)
    if first is None:
        st.info("This pipeline has no RandomResizedCrop: add one to see what it delivers.", icon=":material/crop_free:")
        return
    decisive = TransformSpec(operations=transform.operations[: first + 1])
    delivered = _delivered(source, edits_version(source), decisive.model_dump_json())
    if delivered is None:
        st.info("No image of the training split can be read.", icon=":material/broken_image:")
        return
    st.markdown(_words(delivered))
    for column, (title, figure) in zip(st.columns(3), delivered.figures.items(), strict=True):
        with column:
            st.markdown(f"**{title}**")
            show_figure(figure, key=f"augment_crops_{title.split()[0].lower()}")
    st.caption("Blue: a box that fitted. Orange: the centre, as none did. Dotted: what was asked for, if all fitted.")


def _words(delivered: Delivered) -> str:
    summary = delivered.summary
    low, high = (percent(bound, 0) for bound in delivered.crop.scale)
    first, last = (percent(bound, 0) for bound in summary.middle_area)
    words = (
        f"Asked for: **{low} to {high}** of the area. Delivered: a median of **{percent(summary.median_area, 0)}**, "
        f"nine in ten between {first} and {last}, in {count(delivered.draws)} draws on the sizes of "
        f"{count(delivered.images)} images. "
    )
    if summary.fell_back == 0:
        return words + "A box fitted every time."
    share = "less than 0.1 %" if summary.fell_back < 0.001 else percent(summary.fell_back)
    return words + (
        f"In **{share}** of the draws none of ten boxes fitted into the image, and torchvision took the centre instead."
    )
