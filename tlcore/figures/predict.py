"""Charts of the prediction page."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tlcore.figures.style import PALETTE, as_percent, base_figure
from tlcore.words import escape_label

_ROW_PX = 30
_LONGEST = 32  # longest label, in characters


def plot_top_classes(table: pd.DataFrame) -> go.Figure:
    """Bars of `probability` per `label`, the first row at the top; one colour per `title` if there are several."""
    titles = list(dict.fromkeys(table["title"]))
    labels = list(dict.fromkeys(table["label"]))
    several = len(titles) > 1
    figure = base_figure(height_px=90 + _ROW_PX * len(labels) * max(len(titles), 1), showlegend=several, bargap=0.3)
    for index, title in enumerate(titles):
        rows = table[table["title"] == title]
        figure.add_bar(
            x=rows["probability"].to_numpy(),
            y=np.array([labels.index(label) for label in rows["label"]]),
            orientation="h",
            name=escape_label(title, _LONGEST),
            marker_color=PALETTE[index % len(PALETTE)],
            texttemplate="%{x:.1%}",
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x:.2%}<extra></extra>",
        )
    figure.update_xaxes(range=[0, 1.15], tickvals=np.array([0, 0.25, 0.5, 0.75, 1]))
    ticks = {"tickvals": np.arange(len(labels)), "ticktext": [escape_label(label, _LONGEST) for label in labels]}
    figure.update_yaxes(autorange="reversed", showgrid=False, **ticks)
    return as_percent(figure, "x")
