"""One training image with boxes of random crops, these crops, and the validation view. Works without torch."""

import io

import numpy as np
import streamlit as st
from PIL import Image, ImageDraw

from tlcore.data.dataset import Dataset
from tlcore.errors import UnreadableImage
from tlcore.figures.style import PALETTE
from tlcore.transforms.crops import sample_crops
from tlcore.transforms.sizes import resized_size
from tlcore.transforms.spec import CenterCrop, RandomResizedCrop, Resize, TransformSpec

CROPS = 5
TILE_PX = 150
ORIGINAL_PX = 340


def show_views(dataset: Dataset, train: TransformSpec | None, evaluation: TransformSpec | None) -> None:
    crop = next((step for step in train.operations if isinstance(step, RandomResizedCrop)), None) if train else None
    sample = dataset.split("train")[0]
    try:
        image = dataset.source.decode(sample.id).image
    except UnreadableImage:
        return
    boxes = _boxes(image, crop) if crop else []
    left, right = st.columns([1, 1.6], gap="medium")
    left.image(_outlined(image, boxes), caption="A training image" + (", and random boxes" if boxes else ""))
    tiles = [image.crop(box).resize((TILE_PX, TILE_PX), Image.Resampling.BILINEAR) for box in boxes]
    captions = [f"view {number + 1}" for number in range(len(tiles))]
    if evaluation is not None:
        tiles.append(evaluation_picture(image, evaluation).resize((TILE_PX, TILE_PX), Image.Resampling.BILINEAR))
        captions.append("in validation, always")
    right.image(tiles, caption=captions, width=TILE_PX)


def _boxes(image: Image.Image, crop: RandomResizedCrop) -> list[tuple[int, int, int, int]]:
    """Left, top, right, bottom of a few random boxes. Images of one size get the same boxes."""
    height, width = np.array([image.height]), np.array([image.width])
    rows = sample_crops(height, width, crop.scale, crop.ratio, CROPS, seed=0).to_dict("records")
    return [
        (int(row["left"]), int(row["top"]), int(row["left"] + row["width"]), int(row["top"] + row["height"]))
        for row in rows
    ]


def _outlined(image: Image.Image, boxes: list[tuple[int, int, int, int]]) -> bytes:
    drawn = image.convert("RGB").copy()
    pen = ImageDraw.Draw(drawn)
    for number, box in enumerate(boxes):
        pen.rectangle(box, outline=PALETTE[number % len(PALETTE)], width=max(2, max(image.size) // 120))
    drawn.thumbnail((2 * ORIGINAL_PX, 2 * ORIGINAL_PX))
    file = io.BytesIO()
    drawn.save(file, "JPEG", quality=88)
    return file.getvalue()


def evaluation_picture(image: Image.Image, spec: TransformSpec) -> Image.Image:
    """The image after the evaluation transform, for its two operations: Resize and CenterCrop."""
    for step in spec.operations:
        if isinstance(step, Resize):
            size = step.size
            height, width = resized_size((image.height, image.width), size) if isinstance(size, int) else size
            image = image.resize((width, height), Image.Resampling[step.interpolation.partition("-")[0].upper()])
        elif isinstance(step, CenterCrop):
            height, width = (step.size, step.size) if isinstance(step.size, int) else step.size
            if image.width >= width and image.height >= height:
                left, top = round((image.width - width) / 2), round((image.height - height) / 2)
                image = image.crop((left, top, left + width, top + height))
    return image
