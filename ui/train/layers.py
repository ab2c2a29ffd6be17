"""The table of layer groups: what is trained, how fast, and what BatchNorm does."""

from streamlit.delta_generator import DeltaGenerator

from ui.train.plan import Outline


def show_layers(outline: Outline, place: DeltaGenerator) -> None:
    """A plain table: the keyboard passes it in one step, and a reader for the blind reads it."""
    place.table(outline.groups, border="horizontal", hide_index=True, alt="Layer groups")
    place.caption(
        "BatchNorm: which statistics it normalises with. A frozen group keeps those that came with the weights."
    )
