"""The grid of random views from `tlcore.transforms.draws`, and the original with the region of the chosen one."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from tlcore.transforms.draws import Draw, draw_views
from tlcore.transforms.spec import TransformSpec
from ui.shared.caching import by_path, cache_data, cache_resource
from ui.shared.component import component
from ui.shared.image_picker import PickedImage, jpeg, thumbnail

ORIGINAL_PX = 560
DRAW_PX = 224

_HTML = """<div class="draws">
  <div><svg role="img"><image class="original" /><path class="veil" /><path class="outline" /></svg>
    <p class="title"></p><dl></dl></div>
  <div class="grid"></div>
</div>"""


@cache_resource(by_path, max_entries=6, ttl=600, show_spinner=False)
def draws_of(
    image_key: str, _image: PickedImage, transform: str, seeds: Sequence[int]
) -> tuple[list[Draw], list[dict[str, Any]]]:
    """The draws of a transform, given as JSON, and the data about them for the browser. Raises ConfigError."""
    import torch

    spec = TransformSpec.model_validate_json(transform)
    image_CHW = torch.from_numpy(np.array(_image.pixels_for(spec))).permute(2, 0, 1)
    draws = draw_views(spec, image_CHW, seeds, _image.size)
    return draws, [_for_browser(draw) for draw in draws]


def show_draws(image: PickedImage, draws: Sequence[dict[str, Any]]) -> int:
    """Draw the grid, and return which draw is chosen."""
    seeds = [draw["seed"] for draw in draws]
    chosen = (st.session_state.get("augment_draws") or {}).get("selected")
    selected = seeds.index(chosen) if chosen in seeds else 0
    height, width = image.size
    component("draws", _HTML, Path(__file__).with_name("draws"))(
        key="augment_draws",
        data={
            "original": _original(image.key, image.pixels()),
            "width": width,
            "height": height,
            "draws": list(draws),
            "selected": selected,
        },
        default={"selected": seeds[0]},
        on_selected_change=lambda: None,
    )
    return selected


@cache_data(by_path, max_entries=16, ttl=900, show_spinner=False)
def _original(image_key: str, _pixels_HWC: npt.NDArray[np.uint8]) -> str:
    return _data_url(_pixels_HWC, ORIGINAL_PX)


def _for_browser(draw: Draw) -> dict[str, Any]:
    return {
        "seed": draw.seed,
        "image": _data_url(draw.image_HWC, DRAW_PX),
        "region": np.round(draw.region, 1).tolist(),
        "steps": [list(step) for step in draw.steps],
    }


def _data_url(pixels_HWC: npt.NDArray[np.uint8], side_px: int) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg(thumbnail(pixels_HWC, side_px))).decode()
