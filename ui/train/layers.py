"""The table of layer groups: which are trained, their learning rates, and what BatchNorm does."""

from typing import TYPE_CHECKING

from streamlit.delta_generator import DeltaGenerator

from ui.train.plan import groups_table

if TYPE_CHECKING:
    from tlcore.training.plan import Plan


def show_layers(plan: "Plan", place: DeltaGenerator) -> None:
    """A plain table, because it is one stop for the keyboard, and screen readers can read it."""
    place.table(groups_table(plan), border="horizontal", hide_index=True, alt="Layer groups")
    place.caption(
        "BatchNorm: which statistics it normalises with. A frozen group keeps those that came with the weights."
    )
