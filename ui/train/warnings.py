"""Warnings about the data before training: findings of the health report, and small splits."""

from tlcore.data.dataset import Dataset
from tlcore.data.health.audit import RARE, Finding, audit
from tlcore.data.health.scan import load_scan
from tlcore.words import count, interval
from ui.shared.caching import by_dataset, cache_data

WARNED = ("leak", "straddling_groups", "conflicting_labels", "rare_classes")
"""Findings of the health report that matter for training."""
FEW_IMAGES = 60
"""Minimal images in val or test: with fewer, the 95 % interval of an accuracy of 80 % is wider than 20 points."""
EXAMPLE_ACCURACY = 0.8


def warnings_of(source: str, dataset: Dataset) -> tuple[str, ...]:
    """Warnings from the health report, if there is one, and from the number of images."""
    sizes = tuple((split, len(dataset.split(split))) for split in dataset.split_names)
    return _warnings(source, dataset.edits_version, sizes, dataset.classes, dataset)


def small_split_warning(sizes: dict[str, int]) -> str | None:
    """How wide the interval of an accuracy is on so few images; None for enough images. `sizes`: split -> images."""
    few = {split: sizes[split] for split in ("val", "test") if 0 < sizes.get(split, 0) < FEW_IMAGES}
    if not few:
        return None
    from tlcore.evaluation.metrics import wilson_interval  # scipy

    least = min(few.values())
    right = round(EXAMPLE_ACCURACY * least)
    example = interval(right / least, *wilson_interval(right, least))
    named = " and ".join(f"{count(number, 'image')} in {split}" for split, number in few.items())
    return (
        f"Only {named}: {right} of {least} right would be an accuracy of {example}. Small differences between epochs "
        "or runs mean nothing then. More images help most."
    )


@cache_data(by_dataset, max_entries=64, ttl=60, show_spinner=False)
def _warnings(
    source: str, version: int, sizes: tuple[tuple[str, int], ...], classes: tuple[str, ...], _dataset: Dataset
) -> tuple[str, ...]:
    small = small_split_warning(dict(sizes))
    return (*([small] if small else []), *_findings(_dataset))


def _findings(dataset: Dataset) -> tuple[str, ...]:
    table = load_scan(dataset)
    if table is not None:
        findings = audit(table, dataset.classes, accepted=dataset.accepted)
        return tuple(_words(finding) for finding in findings if finding.kind in WARNED)
    counts = dataset.class_counts("train")
    rarest, most = min(counts, key=counts.__getitem__), max(counts.values())
    if counts[rarest] >= RARE * most:
        return ()
    return (f"Few training images: {rarest} has {counts[rarest]:,}, and the largest class has {most:,}",)


def _words(finding: Finding) -> str:
    """The title of a finding, with its detail if no image shows it."""
    notes = [group.note for group in finding.groups if not group.ids]
    return f"{finding.title} ({'; '.join(notes[:3])}{' …' if len(notes) > 3 else ''})" if notes else finding.title
