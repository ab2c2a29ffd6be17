"""The queue of doubtful labels on screen: one image large, its neighbours, and keys for the decision.

The browser gets the next images ahead and shows them at once; it sends its decisions again until they are confirmed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from tlcore.data.pixels.thumbnails import thumbnails
from ui.dataset.data import small_pictures
from ui.dataset.queue import Doubt, open_doubts, position_of, queue_of
from ui.shared.cached import open_dataset
from ui.shared.caching import by_dataset, cache_resource
from ui.shared.component import component
from ui.shared.labels_now import labels_now
from ui.shared.pictures import data_url

SHOWN_PX = 640
BEFORE, AHEAD = 1, 4
"""Images that the browser has at hand besides the one that is shown."""
_KEY = "dataset_queue"


def show_queue(source: str, doubts: Sequence[Doubt], every: Sequence[Doubt]) -> None:
    """Draw the queue of `doubts`, some of all that the check found. Call it in a fragment: each decision redraws it."""
    queue = queue_of(source)
    still_open = open_doubts(source, doubts)
    position = position_of(queue.at, still_open, every)
    window = still_open[max(0, position - BEFORE) : position + AHEAD + 1]
    labels = labels_now(source)
    items = [_item(source, doubt, doubts.index(doubt) + 1, labels) for doubt in window]
    data = {
        "items": items,
        "at": still_open[position].id if still_open else "",
        "more": {"before": position > BEFORE, "after": len(still_open) > position + AHEAD + 1},
        "of": len(doubts),
        "decided": len(doubts) - len(still_open),
        "classes": list(open_dataset(source).classes),
        "taken": queue.taken,
        "goes": queue.goes,
        "said": queue.said,
        "failed": queue.failed,
    }

    def take() -> None:
        queue.take(st.session_state[_KEY].get("sent"), every)

    draw = component("label_queue", '<div class="queue"></div>', Path(__file__).with_name("queue"))
    draw(key=_KEY, data=data, on_sent_change=take)


def _item(source: str, doubt: Doubt, place: int, labels: Any) -> dict[str, Any]:
    thumbs = small_pictures(source, doubt.neighbours)
    neighbours = [
        {"id": name, "image": data_url(thumbs.get(name)), "label": labels[name].name, "split": labels[name].split}
        for name in doubt.neighbours
        if name in labels
    ]
    return {
        "id": doubt.id,
        "place": place,
        "image": data_url(_large(source, doubt.id)),
        "split": labels[doubt.id].split,
        "given": doubt.given,
        "suggested": doubt.suggested,
        "p_given": doubt.p_given,
        "p_suggested": doubt.p_suggested,
        "neighbours": neighbours,
    }


@cache_resource(by_dataset, max_entries=64, ttl=300, show_spinner=False)
def _large(source: str, sample_id: str) -> bytes | None:
    return thumbnails(open_dataset(source).source, [sample_id], SHOWN_PX).get(sample_id)
