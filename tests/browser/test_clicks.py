"""A click on a chart of the dataset opens the images behind it."""

import pytest

from tests.support.browser import click_in_chart, expect_in_address, settled, widget

CENTRE_OF_POINT = """key => {
  const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
  const {_fullData: traces, _fullLayout: {xaxis, yaxis}} = plot, {left, top} = plot.getBoundingClientRect();
  const {x, y} = traces.find(trace => trace.customdata);
  return [left + xaxis._offset + xaxis.d2p(x[0]), top + yaxis._offset + yaxis.d2p(y[0]) + 3];
}"""
"""JavaScript: position of the first point, or just below the top of the first bar, that can be selected."""


@pytest.mark.parametrize(
    ("tab", "key", "address", "words"),
    [
        ("images", "dataset_bars_all_all", "dataset_split=train&dataset_class=ant", "ant-012.jpg"),
        ("sizes", "dataset_sizes", "", "px: "),
    ],
)
def test_a_click_on_a_chart_shows_its_images(tab, key, address, words, furnished_dashboard, open_page):
    page = open_page(furnished_dashboard.url("dataset", dataset="demo", dataset_tab=tab))
    widget(page, key).locator(".main-svg").first.wait_for()
    click_in_chart(page, CENTRE_OF_POINT, key)
    page.locator(".pictures").get_by_text(words).first.wait_for()
    settled(page)
    expect_in_address(page, address)
