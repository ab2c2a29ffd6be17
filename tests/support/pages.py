"""Pages in Streamlit's AppTest: open them by address, and read them as one text."""

import json
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[2] / "app.py")
TIMEOUT_S = 90


def open_page(name: str = "", **params: str) -> AppTest:
    """`open_page("train", view="watch")`; without a name, the Overview page."""
    page = AppTest.from_file(APP, default_timeout=TIMEOUT_S)
    if name:
        page = page.switch_page(f"pages/{name}.py")
    for key, value in params.items():
        page.query_params[key] = value
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


def labels_of(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def figures_of(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
