"""The health report of a dataset: turns the table of a scan into findings that a person can act on.

A new check is a new entry in `CHECKS`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal, NamedTuple

import pandas as pd

from tlcore.data.formats.cells import escape_cell
from tlcore.data.health.alike import PLAIN, alike_numbers
from tlcore.words import count, shorten

Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
"""`high` makes results wrong, `medium` makes them worse or less certain, `low` is good to know."""

DOUBTFUL_LABELS = "labels"
"""The finding of the label check, which is no part of the audit. An edit that accepts it says that a label is right."""

RARE = 0.6
"""A class with less than this fraction of the largest class's training images is reported."""
TINY_PX, TINY_SHARE = 64, 0.5
"""An image is reported if a side is below both this many pixels and this fraction of the usual shorter side."""
LONG = 3.0
"""Longer side / shorter side. Above this, RandomResizedCrop with a scale from 0.5 finds no box that fits and falls
back to the middle of the image; with a scale from 0.08 it does so in 4 % of the draws at 3.1 : 1, in 36 % at 6 : 1."""
HUGE_PIXELS, HUGE_SHARE = 12_000_000, 10.0
"""An image is reported if it has both this many pixels and this many times the usual number of pixels."""
DARK, BRIGHT = 0.1, 0.9
"""An image is almost black if 99 % of its pixels are below this, almost white if they are above."""


class Group(NamedTuple):
    """Images that belong together in a finding, with a text about them."""

    ids: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Finding:
    kind: str
    """The check's name in `CHECKS`, or `remarks`."""
    severity: Severity
    title: str
    """What was found and how often, in few words."""
    why: str
    """Why it matters, explained for beginners."""
    advice: str
    """What to do."""
    groups: tuple[Group, ...]

    @property
    def images(self) -> int:
        return len({sample_id for group in self.groups for sample_id in group.ids})


class Check(NamedTuple):
    kind: str
    severity: Severity
    find: Callable[[pd.DataFrame, Sequence[str]], list[Group]]
    """Finds the groups, from the table of a scan and the classes."""
    one: str
    many: str
    """The titles for one group and for several; `{}` stands for their number, `{images}` for that of their images."""
    why: str
    advice: str

    def finding(self, groups: Sequence[Group]) -> Finding:
        images = count(len({sample_id for group in groups for sample_id in group.ids}), "image")
        title = (self.one if len(groups) == 1 else self.many).format(f"{len(groups):,}", images=images)
        return Finding(self.kind, self.severity, title, self.why, self.advice, tuple(groups))


def audit(
    table: pd.DataFrame,
    classes: Sequence[str],
    notes: Iterable[str] = (),
    accepted: Mapping[str, Collection[str]] | None = None,
    kinds: Collection[str] | None = None,
) -> list[Finding]:
    """Everything that is wrong or unusual in the images of a `scan`, the worst first.

    `classes` (in order) and `notes` are the dataset's; the notes say what it leaves out or adds. `accepted`: kind of a
    finding -> ids of the images that it is fine for, as `AppliedEdits.accepted` gives it. A group is left out when it
    is fine for all its images; until then it stays whole, because its images are judged beside each other.
    `kinds`: look for these alone, which saves the time of the other checks. None: for all.
    """
    fine = accepted or {}
    findings = []
    for check in CHECKS:
        if kinds is not None and check.kind not in kinds:
            continue
        groups = check.find(table, classes)
        if known := set(fine.get(check.kind, ())):
            groups = [group for group in groups if not group.ids or not known.issuperset(group.ids)]
        if groups:
            findings.append(check.finding(groups))
    remarks = [Group((), note) for note in notes]
    return findings + ([_REMARKS.finding(remarks)] if remarks else [])


def findings_table(findings: Iterable[Finding], table: pd.DataFrame) -> pd.DataFrame:
    """One row per image and finding, for a CSV, where no cell is a formula; a group without images gets one row."""
    rows = [
        (finding.kind, finding.severity, number, sample_id, group.note, finding.title, finding.advice)
        for finding in findings
        for number, group in enumerate(finding.groups, start=1)
        for sample_id in group.ids or ("",)
    ]
    columns = ["finding", "severity", "group", "image", "note", "title", "advice"]
    labels = table.set_index("id")[["split", "class"]].astype(str)
    result = pd.DataFrame(rows, columns=columns).join(labels, on="image").fillna("")
    result = result[["finding", "severity", "group", "image", "split", "class", "note", "title", "advice"]]
    return result.map(escape_cell)


def _unreadable(table: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    return _singly(table[table["reason"] != ""], lambda row: str(row["reason"]))


def _leaks(table: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    return [
        Group(
            tuple(alike.ids), f"{'The same' if len(alike.contents) == 1 else 'Nearly the same'} in {_and(alike.splits)}"
        )
        for alike in _alike(table)
        if len(alike.splits) > 1
    ]


def _straddling(table: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    """Groups in more than one split. If all their images are alike, they are leaks."""
    rows = table[table["group"] != ""]
    if rows.empty:
        return []
    numbers = pd.Series(alike_numbers(table), table.index)
    found = []
    for name, images in rows.groupby("group", sort=False):
        per_split = images["split"].value_counts().loc[lambda counts: counts > 0].sort_values(kind="stable")
        alike = numbers[images.index]
        if len(per_split) < 2 or (alike.nunique() == 1 and alike.iloc[0] >= 0):
            continue
        by_split = [images.loc[images["split"] == split, "id"] for split in per_split.index]
        ids = [image for row in zip_longest(*by_split) for image in row if image is not None]
        shares = [f"{count(number, 'image')} in {split}" for split, number in per_split.items()]
        found.append(Group(tuple(ids), f"{shorten(name, 60)!r}: {_and(shares)}"))
    return found


def _conflicts(table: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    return [
        Group(tuple(alike.ids), f"Labelled {_and(map(repr, alike.classes))}")
        for alike in _alike(table)
        if len(alike.classes) > 1
    ]


def _duplicates(table: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    """Across splits they are leaks."""
    return [
        Group(tuple(alike.ids), f"{len(alike.ids)} times in {_and(alike.splits)}")
        for alike in _grouped(table, "digest")
        if len(alike.splits) == 1
    ]


def _near_duplicates(table: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    """Across splits they are leaks."""
    return [
        Group(tuple(alike.ids), f"{len(alike.ids)} in {_and(alike.splits)}")
        for alike in _grouped(table[table["near_group"] >= 0], "near_group")
        if len(alike.splits) == 1
    ]


def _rare_classes(table: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    train = table.loc[(table["split"] == "train") & (table["reason"] == ""), "class"]
    counts = train.value_counts().reindex(list(classes), fill_value=0).sort_values(kind="stable")
    rare = counts[counts < RARE * counts.max()]
    return [
        Group((), f"{name}: {count:,} images, and the largest class has {counts.max():,}")
        for name, count in rare.items()
    ]


def _plain(table: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    plain = table["bright"] - table["dark"] < PLAIN
    plain |= (table["bright"] < DARK) | (table["dark"] > BRIGHT)  # false for unreadable images, which have NaN

    def describe(row: "pd.Series[float]") -> str:
        return (
            "almost black" if row["bright"] < DARK else "almost white" if row["dark"] > BRIGHT else "one plain colour"
        )

    return _singly(table[plain], describe)


def _tiny(table: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    shorter, _ = _sides(table)
    return _singly(table[(shorter < TINY_PX) & (shorter < TINY_SHARE * shorter.median())], _size)


def _long(table: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    shorter, longer = _sides(table)
    return _singly(table[longer > LONG * shorter], _size)


def _huge(table: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    pixels = (table["width"] * table["height"]).where(table["reason"] == "")
    return _singly(table[(pixels > HUGE_PIXELS) & (pixels > HUGE_SHARE * pixels.median())], _size)


def _wrong_extensions(table: pd.DataFrame, classes: Sequence[str]) -> list[Group]:
    return _singly(table[~table["extension_agrees"]], lambda row: f"{row['format']} inside")


CHECKS = (
    Check(
        "leak",
        "high",
        _leaks,
        "1 image is in more than one split",
        "{} images are in more than one split",
        "The model is tested on what it has seen in training, so its accuracy comes out higher than on new images.",
        "Keep each in one split only: usually delete the copy in train.",
    ),
    Check(
        "straddling_groups",
        "high",
        _straddling,
        "1 group of images that belong together ({images}) is in more than one split",
        "{} groups of images that belong together ({images}) are in more than one split",
        "Images of one animal, patient or video resemble each other more than new ones will. The model is tested on "
        "what it has partly seen, so its accuracy comes out higher than on new images.",
        "Keep each group in one split. Splits that are made here can be grouped, where a run is set up or with "
        "--groups; in splits that came with the data, move or leave out the images in train.",
    ),
    Check(
        "conflicting_labels",
        "high",
        _conflicts,
        "1 image has more than one label",
        "{} images have more than one label",
        "The same picture is filed under different classes. At least one is wrong, and the model is told both.",
        "Look at each, and delete the copy with the wrong label.",
    ),
    Check(
        "unreadable",
        "medium",
        _unreadable,
        "1 file cannot be read",
        "{} files cannot be read",
        "Training and evaluation leave them out, so there are fewer images than it seems.",
        "Copy them again from where they came from, or delete them.",
    ),
    Check(
        "duplicates",
        "medium",
        _duplicates,
        "1 image is there more than once",
        "{} images are there more than once",
        "In training, copies count double. In val and test, they make the result look surer than it is.",
        "Keep one of each.",
    ),
    Check(
        "plain",
        "medium",
        _plain,
        "1 image is almost of one colour",
        "{} images are almost of one colour",
        "There is hardly anything to learn from on them: a lens cap, an empty page, a failed download.",
        "Look at them, and delete what shows nothing of its class.",
    ),
    Check(
        "rare_classes",
        "medium",
        _rare_classes,
        "1 class has few training images",
        "{} classes have few training images",
        "The model learns to prefer frequent classes, and the overall accuracy hides that: look at it per class.",
        "Collect more images, or balance the classes in the loss when you train.",
    ),
    Check(
        "near_duplicates",
        "low",
        _near_duplicates,
        "1 image is there in nearly the same form",
        "{} images are there in nearly the same form",
        "Saved again, brightened, mirrored, cut by a few percent, or taken a moment later: little to learn from, and "
        "a leak across splits. Copies that were turned, cut by more, or got a frame or a caption are not found.",
        "Keep the best of each, or see to it that they stay in one split.",
    ),
    Check(
        "tiny",
        "low",
        _tiny,
        "1 image is much smaller than the others",
        "{} images are much smaller than the others",
        "Enlarged to the input size of the network they are blurred, unlike the others.",
        "Look at them, and delete what shows nothing of its class.",
    ),
    Check(
        "long",
        "low",
        _long,
        "1 image is more than three times as long as wide",
        "{} images are more than three times as long as wide",
        "Validation crops the middle, so it never shows the ends. Random crops of small boxes show them rarely; those "
        "that keep half of the area or more fall back to the middle as well.",
        "Cut them to the part that matters.",
    ),
    Check(
        "huge",
        "low",
        _huge,
        "1 image is much larger than the others",
        "{} images are much larger than the others",
        "They are shrunk before the network sees them, and take most of the time to read.",
        "Save them smaller: twice the input size of the network is plenty.",
    ),
    Check(
        "wrong_extension",
        "low",
        _wrong_extensions,
        "1 file has another format inside than its name says",
        "{} files have another format inside than their names say",
        "They are read all the same, by content. Other programs may refuse them.",
        "Rename them if you use them elsewhere.",
    ),
)
"""The worst first."""

_REMARKS = Check(
    "remarks",
    "low",
    lambda table, classes: [],
    "1 remark on how the dataset was read",
    "{} remarks on how the dataset was read",
    "What was ignored, assumed or made, because the files and folders do not say it.",
    "If that is not what you expect, look at the names of files and folders.",
)


@dataclass
class _Alike:
    """Images that are equal or nearly equal. The dicts are ordered sets."""

    ids: list[str] = field(default_factory=list)
    splits: dict[str, None] = field(default_factory=dict)
    classes: dict[str, None] = field(default_factory=dict)
    contents: dict[str, None] = field(default_factory=dict)


def _alike(table: pd.DataFrame) -> list[_Alike]:
    """Groups of at least two images that are equal or nearly so. A near group includes the copies of its members."""
    numbers = alike_numbers(table)
    return _grouped(table.assign(alike=numbers)[numbers >= 0], "alike")


def _grouped(table: pd.DataFrame, column: str) -> list[_Alike]:
    """The images that share their value in `column` with another image; images of one plain colour do not count."""
    rows = table[table["bright"] - table["dark"] >= PLAIN]
    rows = rows[rows[column].duplicated(keep=False)]
    groups: dict[object, _Alike] = {}
    names = [column, "id", "split", "class", "digest"]
    for value, sample_id, split, label, digest in zip(*(rows[name] for name in names), strict=True):
        group = groups.setdefault(value, _Alike())
        group.ids.append(sample_id)
        group.splits[split] = group.classes[label] = group.contents[digest] = None
    return list(groups.values())


def _singly(rows: pd.DataFrame, describe: "Callable[[pd.Series[float]], str]") -> list[Group]:
    return [Group((str(row["id"]),), describe(row)) for _, row in rows.iterrows()]


def _sides(table: pd.DataFrame) -> "tuple[pd.Series[float], pd.Series[float]]":
    """The shorter and the longer side of each image; NaN if it cannot be read."""
    sides = table[["width", "height"]].where(table["reason"] == "")
    return sides.min(axis=1), sides.max(axis=1)


def _size(row: "pd.Series[float]") -> str:
    return f"{row['width']} × {row['height']} px"


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
