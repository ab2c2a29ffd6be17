"""The queue of doubtful labels: which ones are left to decide, and what a decision of the browser does.

A decision is an edit on disk before the next image is drawn, so that closing the browser loses nothing. What was
decided, here or elsewhere, does not come again. Nothing here draws.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from tlcore.data.edits import Edits, open_edits
from tlcore.data.health.audit import DOUBTFUL_LABELS
from tlcore.errors import TlcoreError
from ui.shared.cached import open_dataset
from ui.shared.labels_now import Label, labels_now
from ui.shared.state import LABEL_QUEUE

WHY = "doubtful label"
"""The reason that edits of the queue give, so that its undo takes back these and no others."""
ELSEWHERE = "The last edit was not made here. The part “Edits” of this page can undo it."


@dataclass(frozen=True)
class Doubt:
    """A label that looks wrong, as the check found it."""

    number: int
    """Its place among all suspects, from 1: the most doubtful is 1."""
    id: str
    split: str
    given: str
    suggested: str
    p_given: float
    p_suggested: float
    neighbours: tuple[str, ...]


@dataclass
class Queue:
    """Where one visit is in the queue of a dataset."""

    source: str
    at: str = ""
    """Id of the image that is shown; empty, or no longer open: the next open one."""
    taken: dict[str, int] = field(default_factory=dict)
    """Number of the last decision that was taken from each browser tab: they send what is not confirmed again."""
    said: str = ""
    """What happened last, in words."""
    failed: bool = False
    """Whether `said` is why something was not done."""
    goes: int = 0
    """Grows when the server says which image to show, as after an undo."""

    def take(self, sent: Any, doubts: Sequence[Doubt]) -> None:
        """Do what the browser sends: the decisions that were not taken yet, in their order. Ignores anything else."""
        match sent:
            case {"tab": str(tab), "decisions": [*decisions], "at": str(at)}:
                self.at = at
                for decision in decisions:
                    match decision:
                        case {"number": int(number), "what": str(what), "id": str(sample_id), "label": str(label)}:
                            if number > self.taken.get(tab, 0):
                                self.taken[tab] = number
                                self._decide(what, sample_id, label, doubts)

    def _decide(self, what: str, sample_id: str, label: str, doubts: Sequence[Doubt]) -> None:
        edits = open_edits(self.source, open_dataset(self.source))
        try:
            self.said, self.failed = self._act(edits, what, sample_id, label, doubts), False
        except TlcoreError as error:
            self.said, self.failed = str(error), True
            self._go(sample_id)

    def _act(self, edits: Edits, what: str, sample_id: str, label: str, doubts: Sequence[Doubt]) -> str:
        if what == "undo":
            return self._undo(edits, doubts)
        doubt = next((doubt for doubt in doubts if doubt.id == sample_id), None)
        if doubt is None:
            return ""
        name = sample_id.rpartition("/")[2]
        if what == "keep" or label == doubt.given:
            edits.accept(DOUBTFUL_LABELS, [sample_id], why=WHY)
            return f"{name} stays {doubt.given}."
        edits.relabel([sample_id], label, why=WHY)
        return f"{name}: {doubt.given} → {label}."

    def _undo(self, edits: Edits, doubts: Sequence[Doubt]) -> str:
        if edits.next_undo() is None:
            return "Nothing to undo."
        if edits.next_undo_why() != WHY:
            return ELSEWHERE
        before = {doubt.id for doubt in open_doubts(self.source, doubts)}
        words = edits.undo()
        back = [doubt.id for doubt in open_doubts(self.source, doubts) if doubt.id not in before]
        self._go(back[0] if back else self.at)
        return f"Undone: {words}."

    def _go(self, sample_id: str) -> None:
        self.at = sample_id
        self.goes += 1


def queue_of(source: str) -> Queue:
    """The queue of this visit; a new one if the page shows another dataset."""
    queue = st.session_state.get(LABEL_QUEUE)
    if queue is None or queue.source != source:
        queue = st.session_state[LABEL_QUEUE] = Queue(source)
    return queue


def doubts_of(suspects: Sequence[Mapping[str, Any]]) -> list[Doubt]:
    """The result of `tlcore check-labels --json`, in its order."""
    return [
        Doubt(
            number,
            row["id"],
            row["split"],
            row["given"],
            row["suggested"],
            row["p_given"],
            row["p_suggested"],
            tuple(row["neighbours"]),
        )
        for number, row in enumerate(suspects, 1)
    ]


def open_doubts(source: str, doubts: Sequence[Doubt]) -> list[Doubt]:
    """Those that nobody has decided: the image is there, has the label that looked wrong, and it was not accepted."""
    labels = labels_now(source)
    accepted: Collection[str] = open_dataset(source).accepted.get(DOUBTFUL_LABELS, ())
    return [doubt for doubt in doubts if _is_open(doubt, labels.get(doubt.id)) and doubt.id not in accepted]


def _is_open(doubt: Doubt, now: Label | None) -> bool:
    return now is not None and now.name == doubt.given


def position_of(at: str, still_open: Sequence[Doubt], doubts: Sequence[Doubt]) -> int:
    """Index in `still_open` of the image to show: that one, else the next open one after its place, else the first."""
    number = next((doubt.number for doubt in doubts if doubt.id == at), 0)
    return next((index for index, doubt in enumerate(still_open) if doubt.number >= number), 0)
