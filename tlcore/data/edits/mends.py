"""What is usually done about a finding of the health report. A finding without an entry in MENDS has no usual mend.

Images that are alike but have different labels are never part of one: which label is right, nobody knows yet.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from tlcore.data.edits.actions import Edits
from tlcore.data.health.audit import Finding
from tlcore.words import count

_STAYS = ("test", "val", "train")
"""Of images in several splits, those in the first of these stay: no other split can replace a test image, because
earlier results are about it."""


@dataclass(frozen=True)
class UsualMend:
    """Images to leave out."""

    ids: tuple[str, ...]
    sentence: str
    """What it does, for the user."""
    why: str
    """The reason that is kept with the edit."""

    def apply(self, edits: Edits) -> int:
        """Make the edit; returns the number of its line. Raises as the actions of Edits do."""
        return edits.exclude(self.ids, self.why)


def usual_mend(finding: Finding, table: pd.DataFrame) -> UsualMend | None:
    """The usual mend of a finding in the `table` of a scan; None if it has none, or if there is nothing it can mend."""
    mend = MENDS.get(finding.kind)
    if mend is None:
        return None
    names = {sample_id for group in finding.groups for sample_id in group.ids}
    columns = table.loc[table["id"].isin(names), ["id", "split", "class", "width", "height", "bytes"]]
    seen = {row[0]: _Seen(*row) for row in columns.itertuples(index=False, name=None)}
    left_out: dict[str, None] = {}
    skipped = 0
    for group in finding.groups:
        members = [seen[sample_id] for sample_id in group.ids if sample_id in seen]
        if len({member.label for member in members}) > 1:
            skipped += 1
            continue
        if members:
            left_out.update(dict.fromkeys(mend.left_out(members)))
    needed = _needed(table, frozenset(left_out))
    for sample_id in needed:
        del left_out[sample_id]
    if not left_out:
        return None
    sentence = f"{count(len(left_out), 'image')} {mend.words}."
    if skipped:
        sentence += (
            f" {count(skipped, 'group')} with more than one label {'is' if skipped == 1 else 'are'} left to you."
        )
    if needed:
        sentence += f" {count(len(needed), 'image')} must stay: without them a class or a split would have no images."
    return UsualMend(tuple(left_out), sentence, mend.why)


def _needed(table: pd.DataFrame, left_out: Collection[str]) -> list[str]:
    """Those of the images to leave out without which a split, or a class in train, would have no images."""
    columns = [table[name].astype(str) for name in ("id", "split", "class")]
    rows = list(zip(*columns, strict=True))
    stay = {split for sample_id, split, _ in rows if sample_id not in left_out}
    taught = {label for sample_id, split, label in rows if split == "train" and sample_id not in left_out}
    return [
        sample_id
        for sample_id, split, label in rows
        if sample_id in left_out and (split not in stay or (split == "train" and label not in taught))
    ]


class _Seen(NamedTuple):
    """What a scan says about an image."""

    id: str
    split: str
    label: str
    width: int
    height: int
    bytes: int


@dataclass(frozen=True)
class _Mend:
    left_out: Callable[[Sequence[_Seen]], list[str]]
    """The images to leave out, of those in one group; they have one label."""
    words: str
    """What becomes of them, after their number."""
    why: str


def _all_of(members: Sequence[_Seen]) -> list[str]:
    return [member.id for member in members]


def _all_but_one_split(members: Sequence[_Seen]) -> list[str]:
    splits = {member.split for member in members}
    stays = next((split for split in _STAYS if split in splits), "")
    return [member.id for member in members if member.split != stays]


def _all_but_first(members: Sequence[_Seen]) -> list[str]:
    return [member.id for member in members[1:]]


def _all_but_largest(members: Sequence[_Seen]) -> list[str]:
    """Of images with equally many pixels, the largest file is the least compressed."""
    best = max(members, key=lambda member: (member.width * member.height, member.bytes))
    return [member.id for member in members if member != best]


MENDS: Mapping[str, _Mend] = {
    "leak": _Mend(
        _all_but_one_split,
        "will be left out; each stays in test, or in val if it is not in test",
        "also in a split that is tested on",
    ),
    "unreadable": _Mend(_all_of, "will be left out", "cannot be read"),
    "duplicates": _Mend(_all_but_first, "will be left out; one of each stays", "a copy of another image"),
    "near_duplicates": _Mend(
        _all_but_largest, "will be left out; the largest of each stays", "nearly the same as another image"
    ),
}
