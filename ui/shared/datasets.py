"""The datasets that can be chosen, their labels, and their names in addresses, which never contain a path."""

import hashlib
from pathlib import Path

from tlcore.data.catalog import is_named
from tlcore.data.intake.library import list_sources
from tlcore.system.home import is_granted
from ui.shared.caching import cache_data
from ui.shared.hosting import is_hosted

SHARED = "shared with you"
"""Marks what another visitor has shared by a link."""


@cache_data(ttl=2.0, show_spinner=False)
def dataset_sources() -> list[str]:
    """Built-in datasets, then those under the data root and those that were added."""
    return list_sources()


def dataset_label(source: str) -> str:
    """The name of a dataset, or the last folder of its path, and whether somebody has shared it."""
    if source == "demo":
        return "demo · drawn insects"
    if is_named(source):
        return source
    return f"{Path(source).name} · {SHARED}" if is_granted(source) else Path(source).name


def dataset_name(source: str) -> str:
    """Name of a dataset in an address: its name or last folder, with a digest if several have that name."""
    if is_named(source):
        return source
    name = Path(source).name
    alike = [other for other in dataset_sources() if Path(other).name == name]
    if len(alike) <= 1 and not is_named(name):
        return name
    return f"{name}~{hashlib.sha256(source.encode()).hexdigest()[:8]}"


def source_of(name: str) -> str | None:
    """The dataset that an address names; None if it is not in the list.

    The path of a listed dataset works too, but not on a hosted dashboard.
    """
    sources = dataset_sources()
    if name in sources and (is_named(name) or not is_hosted()):
        return name
    by_name = {dataset_name(source): source for source in sources}
    by_folder = {Path(source).name: source for source in reversed(sources) if not is_named(source)}
    return by_name.get(name) or by_folder.get(name)
