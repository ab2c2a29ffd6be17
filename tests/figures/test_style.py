"""The colours of figures and pages: one palette, and readable text in both themes."""

import tomllib
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from tlcore.figures.style import PALETTE, around, as_percent, base_figure, describe_figure

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]
READABLE = 4.5  # WCAG 2.2, 1.4.3, level AA
CAPTION = 0.6  # opacity of the text colour that Streamlit gives captions
ON_PRIMARY = (255, 255, 255)


def rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[start : start + 2], 16) for start in (1, 3, 5))


def mixed(colour: tuple[float, ...], ground: tuple[float, ...], opacity: float) -> tuple[float, ...]:
    return tuple(opacity * a + (1 - opacity) * b for a, b in zip(colour, ground, strict=True))


def luminance(colour: tuple[float, ...]) -> float:
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def grounds(theme: str) -> list[tuple[float, ...]]:
    section = CONFIG[theme]
    names = (section["backgroundColor"], section["secondaryBackgroundColor"], section["sidebar"]["backgroundColor"])
    return [rgb(name) for name in names]


def primary(theme: str) -> tuple[float, ...]:
    return rgb(CONFIG[theme].get("primaryColor", CONFIG["primaryColor"]))


def test_the_contrast_is_computed_as_the_standard_says():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast(rgb("#777777"), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


def test_pages_and_figures_have_one_palette():
    assert tuple(CONFIG["chartCategoricalColors"]) == PALETTE


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_captions_and_links_can_be_read(theme):
    text, link = rgb(CONFIG[theme]["textColor"]), rgb(CONFIG[theme]["linkColor"])
    for ground in grounds(theme):
        assert contrast(text, ground) >= READABLE
        assert contrast(mixed(text, ground, CAPTION), ground) >= READABLE
        assert contrast(link, ground) >= READABLE


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_primary_button_can_be_read(theme):
    assert contrast(ON_PRIMARY, primary(theme)) >= READABLE


def test_in_the_light_theme_the_primary_colour_can_be_text():
    """In the dark theme no colour works both as text and behind white text: shell.css uses the text colour there."""
    for ground in grounds("light"):
        assert contrast(primary("light"), mixed(primary("light"), ground, 0.1)) >= READABLE


def test_the_legend_stands_below_the_plot_and_the_tools_above_it():
    layout = base_figure().layout
    assert (layout.legend.yref, layout.legend.y, layout.legend.yanchor) == ("container", 0, "bottom")
    assert layout.margin.t >= 28
    assert layout.uirevision


def test_a_figure_is_described_by_its_axes_and_lines():
    figure = base_figure(x_title="epoch", y_title="loss")
    figure.add_trace(go.Scatter(y=[1], name="train"))
    figure.add_trace(go.Scatter(y=[1], name="band", showlegend=False))
    assert describe_figure(figure) == "Chart of loss by epoch: train"
    assert describe_figure(go.Figure()) == "Chart"


def test_a_range_has_room_around_its_values_and_respects_its_bounds():
    assert around([np.nan]) is None
    assert around([2.0, 4.0]) == pytest.approx([1.88, 4.12])
    assert around([0.0, 1.0], low=0.0, high=1.0) == [-0.02, 1.02]
    assert around([0.5], low=0.0) == pytest.approx([0.49, 0.51])


def test_a_percent_axis_ends_at_none_and_all():
    axis = as_percent(base_figure(), "x").layout.xaxis
    assert (axis.tickformat, axis.minallowed, axis.maxallowed) == (".0%", -0.02, 1.02)
