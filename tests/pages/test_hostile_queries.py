"""Addresses with hostile parameters: each page of a hosted dashboard opens, and shows nothing of the server."""

import pytest

from tests.support import hostile
from tests.support.pages import page_at
from tests.support.visitors import visit

PARAMETERS = (
    *("dataset", "run", "view", "recipe", "transform", "image", "building", "share", "dataset_tab", "compare_part"),
    *("predict_recipe", "predict_view", "b17", "embed", "embed_options", "split", "page"),
)


@pytest.mark.parametrize("name", ["", "dataset", "train", "compare"])
def test_a_page_opens_with_any_parameters(name, monkeypatch, drawn_demo, empty_caches, home):
    visit(monkeypatch)
    texts = [text for text in hostile.TEXTS if text.isascii() or "\udcff" not in text]  # an address is text
    for first in range(0, len(texts), len(PARAMETERS)):
        chosen = dict(zip(PARAMETERS, texts[first:], strict=False))
        page = page_at(name, **chosen).run()
        assert not page.exception, chosen
        assert hostile.interpreted(page) == []
        assert str(home) not in hostile.all_texts(page)
