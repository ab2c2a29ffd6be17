"""The map of a dataset: every image by its features, also those that edits leave out, so that an edit moves none.

The layout is kept on disk, see `kept_layouts`: drawing it again, also after edits, reads it.
"""

import hashlib
import json
from collections.abc import Generator
from dataclasses import dataclass, replace
from importlib.metadata import version

from tlcore.config import RunConfig
from tlcore.data.dataset import Dataset
from tlcore.evaluation.kept_layouts import PlacedImages, load_layout, save_layout
from tlcore.evaluation.layout import Layout, Method, has_umap, lay_out
from tlcore.training.events import Progress
from tlcore.training.inputs.whole import plan_features, split_requests
from tlcore.training.plan import Plan, plan_run, trunk_of
from tlcore.training.resolve import resolve


@dataclass(frozen=True)
class ImageMap:
    key: str
    """The layout can be loaded under it, as long as it is kept."""
    placed: PlacedImages


def map_images(config: RunConfig, dataset: Dataset, method: Method = "pca") -> Generator[Progress, None, ImageMap]:
    """Yields Progress while features and places are computed, if necessary; returns the map.

    Uses backbone, weights, evaluation transform, seed and device of the configuration; its data counts for nothing.
    Raises what `plan_run`, `plan_features` and `lay_out` raise.
    """
    plan = plan_run(resolve(config), with_left_out(dataset))
    key = _layout_key(plan, method)
    placed = load_layout(key)
    if placed is None:
        features = yield from plan_features(plan)
        yield Progress("place", 0, 0, 0, 0.0)
        layout: Layout = lay_out(features.values_ND, method, config.seed)
        key = _layout_key(plan, method)  # the first batch may have changed the engine
        skipped = {image.id: image.reason for image in features.skipped}
        placed = PlacedImages(
            tuple(sample.id for sample in features.samples), layout.places_N2, layout.variance, skipped
        )
        save_layout(key, placed)
    return ImageMap(key, placed)


def with_left_out(dataset: Dataset) -> Dataset:
    """The dataset as it was before all edits, with images that edits have added, also if they were left out later."""
    before = dataset.unedited
    known = {sample.id for sample in before.samples}
    left_out = () if dataset.edits is None else dataset.edits.left_out.values()
    added = tuple(sample for sample in (*dataset.samples, *left_out) if sample.id not in known)
    return replace(before, samples=(*before.samples, *added), source=dataset.source) if added else before


def _layout_key(plan: Plan, method: Method) -> str:
    """Hash of everything that the places depend on: features, images, method and seed. The order of images does not."""
    requests = split_requests(plan, plan.dataset.split_names)
    rows = sorted(
        (sample.id, row.hex())
        for request in requests
        for sample, row in zip(request.samples, request.row_keys(), strict=True)
    )
    library = version("umap-learn") if method == "umap" and has_umap() else version("numpy")
    parts = ["1", method, library, plan.config.seed, requests[0].family(trunk_of(plan)), rows]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
