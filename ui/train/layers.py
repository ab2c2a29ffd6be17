"""The table of layer groups: which are trained, their learning rates, and what BatchNorm does."""

from streamlit.delta_generator import DeltaGenerator

from ui.train.plan import Outline


def show_layers(outline: Outline, place: DeltaGenerator) -> None:
    """A plain table, because it is one stop for the keyboard, and screen readers can read it."""
    place.table(outline.groups, border="horizontal", hide_index=True, alt="Layer groups")
    place.caption(
        "BatchNorm: which statistics it normalises with. A frozen group keeps those that came with the weights."
    )
