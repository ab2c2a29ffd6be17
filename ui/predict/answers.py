"""Predictions of a model for an image, and the map that explains them, as an overlay. Cached, so sliders stay quick."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from plotly.colors import sample_colorscale, unlabel_rgb

from tlcore.evaluation.answers import Answer as Said, Answers, answer_of
from tlcore.explain import class_map, on_original
from tlcore.transforms.draws import draw_views
from tlcore.transforms.geometry import Affine, Points
from ui.predict.models import ModelRef
from ui.shared.caching import by_path, cache_resource
from ui.shared.image_picker import PickedImage, thumbnail

if TYPE_CHECKING:
    from torch import Tensor

SHOWN_PX = 640


@dataclass(frozen=True, eq=False)
class Answer:
    classes: tuple[str, ...]
    probabilities: npt.NDArray[np.float64]
    """Calibrated, where the run is."""
    answers: Answers
    distance: float | None = None
    """The cosine distance to the nearest training image, if the model knows those."""

    @property
    def said(self) -> Said:
        """What the model answers: a class, or "not sure"."""
        return answer_of(self.probabilities, self.classes, self.answers, self.distance)

    @property
    def order(self) -> list[int]:
        """Indices of the classes, the most likely first."""
        return [int(index) for index in np.argsort(-self.probabilities, kind="stable")]


@dataclass(frozen=True, eq=False)
class Map:
    values_HW: npt.NDArray[np.uint8]
    """In 0-255, of the size of the network's input, as small as it is."""
    to_original: Affine
    """Maps points of that input to points of the image."""
    region: Points
    """What the network saw of the image: corners of a polygon in its pixels."""
    method: str
    cells: tuple[int, int]


@cache_resource(by_path, max_entries=64, ttl=900, show_spinner=False)
def ask(chosen: ModelRef, image_key: str, _image: PickedImage) -> Answer:
    """Raises TlcoreError."""
    predictor = chosen.load()
    image_CHW = _to_tensor(_image.pixels_for(predictor.transform))
    (probabilities_C,), (distance,) = predictor.scores([image_CHW])
    return Answer(predictor.classes, probabilities_C, predictor.answers, distance)


@cache_resource(by_path, max_entries=64, ttl=900, show_spinner="Drawing the map …")
def explain(chosen: ModelRef, image_key: str, _image: PickedImage, target: int) -> Map:
    """Raises ModelError if the network cannot give a map."""
    predictor = chosen.load()
    image_CHW = _to_tensor(_image.pixels_for(predictor.transform))
    found = class_map(predictor.model, predictor.architecture, predictor.transform.build()(image_CHW), target)
    (view,) = draw_views(predictor.transform, image_CHW, [0], _image.size)
    values_HW = np.rint(found.values_HW * 255).astype(np.uint8)
    return Map(values_HW, view.to_original, view.region, found.method, found.cells)


def overlay(image: PickedImage, found: Map, strength: float) -> Image.Image:
    """The map in colours over the image in grey, so that the colours stand out. Strength 0 is the unchanged image."""
    small = thumbnail(image.pixels(), SHOWN_PX)
    colours = np.asarray(small, dtype=np.float32)
    greys = np.asarray(small.convert("L"), dtype=np.float32)[..., None]
    values_HW = on_original(
        found.values_HW.astype(np.float32) / np.float32(255), found.to_original, image.size, (small.height, small.width)
    )
    heat = _COLOURS[np.rint(values_HW * 255).astype(np.uint8)]
    opacity = (strength * values_HW)[..., None]
    mixed = (colours * (1 - strength) + greys * strength) * (1 - opacity) + heat * opacity
    shown = Image.fromarray(np.rint(mixed).astype(np.uint8))
    if strength and len(found.region):
        corners = found.region * (small.width / image.size[1])
        ImageDraw.Draw(shown).polygon([tuple(point) for point in corners.tolist()], outline=(255, 255, 255))
    return shown


def _to_tensor(pixels_HWC: npt.NDArray[np.uint8]) -> "Tensor":
    import torch

    return torch.from_numpy(np.array(pixels_HWC)).permute(2, 0, 1)


# From violet, which is almost transparent, to yellow
_COLOURS = np.array(
    [unlabel_rgb(colour) for colour in sample_colorscale("Inferno", np.linspace(0.3, 0.95, 256))], dtype=np.float32
)
