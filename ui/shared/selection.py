"""Which images of a set of pictures are chosen, for one visit. The choice outlives paging and other filters."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from ui.shared.state import selection_key


@dataclass
class Selection:
    source: str
    """The dataset of the images."""
    chosen: dict[str, None] = field(default_factory=dict)
    """Ids in the order in which they were chosen."""
    acted: bool = False
    """Whether something was done with images of this set, so that it can be undone here."""
    about: str = ""
    """The image beside which the set is shown, for a set that depends on one."""
    number: int = 0
    """Grows with every change, so that a browser knows whether it or the server changed the marks last."""

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self.chosen)

    def among(self, ids: Iterable[str]) -> list[str]:
        return [sample_id for sample_id in ids if sample_id in self.chosen]

    def choose(self, ids: Iterable[str]) -> None:
        """Choose these and no others."""
        self.chosen = dict.fromkeys(ids)
        self.number += 1

    def turn_to(self, about: str) -> None:
        """Begin anew if the set is now shown beside another image."""
        if about != self.about:
            self.choose(())
            self.about, self.acted = about, False

    def keep(self, present: Container[str]) -> None:
        """Forget the chosen images that are not among these."""
        kept = [sample_id for sample_id in self.chosen if sample_id in present]
        if len(kept) < len(self.chosen):
            self.choose(kept)

    def take(self, sent: Any) -> None:
        """Take the marks of one page of pictures, as the browser sends them; anything else is ignored."""
        match sent:
            case {"number": int(number), "shown": [*shown], "chosen": [*chosen]}:
                of_page = {sample_id for sample_id in shown if isinstance(sample_id, str)}
                kept = [sample_id for sample_id in self.chosen if sample_id not in of_page]
                new = [sample_id for sample_id in chosen if isinstance(sample_id, str) and sample_id in of_page]
                self.chosen = dict.fromkeys([*kept, *new])
                self.number = max(number, self.number)


def selection_of(source: str, key: str) -> Selection:
    """The choice in the set of pictures with this key; empty at first, and when the page shows another dataset."""
    name = selection_key(key)
    kept = st.session_state.get(name)
    if kept is None or kept.source != source:
        # the number goes on, so that a browser drops the marks of the other dataset
        kept = st.session_state[name] = Selection(source, number=0 if kept is None else kept.number + 1)
    return kept
