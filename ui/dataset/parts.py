"""The parts of the Dataset page, by the names that addresses have, and how a button opens one."""

from ui.shared.state import choose
from ui.shared.views import pick_view

IMAGES, HEALTH, LABELS, MAP, SIZES, COLOURS, EDITS = "images", "health", "labels", "map", "sizes", "colours", "edits"
PARTS = {
    IMAGES: "Images",
    HEALTH: "Health report",
    LABELS: "Labels",
    MAP: "Map",
    SIZES: "Sizes",
    COLOURS: "Colours",
    EDITS: "Edits",
}
_PART = "dataset_tab"


def pick_part() -> str:
    return pick_view(_PART, PARTS, "Part")


def open_part(part: str) -> None:
    """Call it before the page is drawn, as `on_click` of a button."""
    choose(_PART, part)
