"""The table of layer groups: what is trained, how fast, and what BatchNorm does."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.train.plan import Outline


def show_layers(outline: Outline, place: DeltaGenerator) -> None:
    place.dataframe(
        outline.groups,
        hide_index=True,
        width="stretch",
        key="train_layers",
        column_config={
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Learning rate": st.column_config.TextColumn(alignment="right"),
            "BatchNorm": st.column_config.TextColumn(
                help="Which statistics it normalises with. A frozen group keeps those that came with the weights."
            ),
        },
    )
