"""Pages in Streamlit's AppTest: open them by address, and read them as one text."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[2] / "app.py")
TIMEOUT_S = 120


def page_at(name: str = "", **params: str | list[str]) -> AppTest:
    """A page that has not run yet, for tests that first put something into its session."""
    page = AppTest.from_file(APP, default_timeout=TIMEOUT_S)
    if name:
        page = page.switch_page(f"pages/{name}.py")
    for key, value in params.items():
        page.query_params[key] = value
    return page


def open_page(name: str = "", **params: str | list[str]) -> AppTest:
    """`open_page("train", view="watch")`; without a name, the Overview page."""
    return run(page_at(name, **params))


def run(page: AppTest) -> AppTest:
    """The same page, after one more run of its script."""
    return checked(page.run())


def checked(page: AppTest) -> AppTest:
    """The same page, after a check that its script did not fail."""
    assert not page.exception, page.exception
    return page


def click(page: AppTest, key: str) -> AppTest:
    return checked(page.button(key=key).click().run())


def text_of(page: AppTest) -> str:
    """The text of the page, without the backslashes of escaped Markdown."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "error", "warning", "success")
    texts = [str(element.value) for kind in kinds for element in page.get(kind)]
    metrics = [f"{metric.label} {metric.value}" for metric in page.metric]
    bars = [bar.proto.text for bar in page.get("progress")]
    return "\n".join([*texts, *metrics, *bars]).replace("\\", "")


def text_with_pictures(page: AppTest) -> str:
    """`text_of`, then the words of each picture: its lines, its id, and its badge, as in "✓ right"."""
    words = [line for picture in pictures(page) for line in (*picture["lines"], picture["id"], *_badge(picture))]
    return "\n".join([text_of(page), *(word.replace("\\", "") for word in words)])


def _badge(picture: dict[str, Any]) -> list[str]:
    badge = picture["badge"]
    return [f"{'✓' if badge['good'] else '✕'} {badge['word']}"] if badge else []


def labels_of(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def figures_of(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def figure(page: AppTest, key: str) -> dict[str, Any]:
    """The first chart with `key` in its key."""
    return next(json.loads(chart.proto.spec) for chart in page.get("plotly_chart") if key in chart.proto.id)


def numbers(values: dict[str, str] | list[Any]) -> list[Any]:
    """The values of an axis. Plotly sends NumPy arrays as base64."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()
    return values


def components_of(page: AppTest) -> list[Any]:
    """What each component of this project sends to the browser."""
    return [json.loads(component.proto.json) for component in page.get("bidi_component")]


def pictures(page: AppTest) -> list[dict[str, Any]]:
    """All pictures in the grids of `ui.shared.pictures`, which send groups and marks."""
    return [picture for grid in _grids(page) for group in grid["groups"] for picture in group["pictures"]]


def marked(page: AppTest) -> list[str]:
    """Ids of the pictures on the page that have a mark."""
    return [sample_id for grid in _grids(page) if grid["marks"] for sample_id in grid["marks"]["chosen"]]


def _grids(page: AppTest) -> list[dict[str, Any]]:
    return [data for data in components_of(page) if "groups" in data]
