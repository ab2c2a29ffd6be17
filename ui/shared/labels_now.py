"""Class and split of every image of a dataset as it is now, and what changed since a run was trained on it."""

from collections.abc import Mapping
from typing import NamedTuple

from tlcore.errors import TlcoreError
from ui.shared.cached import edits_version, open_dataset
from ui.shared.caching import by_dataset, cache_resource
from ui.shared.datasets import dataset_sources


class Label(NamedTuple):
    name: str
    """Of the class."""
    split: str


def labels_now(source: str) -> Mapping[str, Label]:
    """Id -> class and split, with the edits until now. Shared: do not change it. Raises TlcoreError."""
    return _labels(source, edits_version(source))


def labels_if_editable(source: str) -> Mapping[str, Label] | None:
    """The same; None for a dataset that is not in the list of datasets, or cannot be opened."""
    if source not in dataset_sources():
        return None
    try:
        return labels_now(source)
    except TlcoreError:
        return None


def changed_since(before: str, now: Label | None) -> str:
    """What happened to an image since it had that label, in words; empty if nothing did."""
    if now is None:
        return "left out now"
    return "" if now.name == before else f"labelled {now.name} now"


@cache_resource(by_dataset, max_entries=8, ttl=300, show_spinner=False)
def _labels(source: str, version: int) -> Mapping[str, Label]:
    dataset = open_dataset(source)
    return {sample.id: Label(dataset.classes[sample.target], sample.split) for sample in dataset.samples}
