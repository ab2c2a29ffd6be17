"""Pages of a hosted dashboard with hostile names: they are shown as text, and nothing of the server is."""

from pathlib import Path

import pytest

from tests.support import hostile
from tests.support.pages import page_at, run as run_page
from tests.support.visitors import visit
from tlcore import evaluate, train
from tlcore.config import parse_config
from tlcore.recipes.recipe import Recipe
from tlcore.recipes.saved import save_recipe
from tlcore.runs.folder.label import save_label
from tlcore.system.home import Space, in_space

DATASET = "**b17** <img src=x onerror=b17>"
VIEWS = [
    ("", {}),
    ("dataset", {"dataset_tab": "images"}),
    ("dataset", {"dataset_tab": "edits"}),
    ("train", {"view": "recipes"}),
    ("train", {"view": "watch"}),
    ("compare", {"compare_part": "epochs"}),
    ("compare", {"compare_part": "images"}),
    ("compare", {"compare_part": "confusion"}),
]


@pytest.fixture
def space(monkeypatch, drawn_demo, empty_caches) -> Space:
    return visit(monkeypatch)


def write_hostile(root: Path) -> None:
    names = list(hostile.NAMES.values())
    for split, first in (("train", 0), ("val", 8)):
        for label in (*names[:3], hostile.NAMES["made a link"]):
            folder = root / split / label
            folder.mkdir(parents=True)
            for number, name in enumerate(names[first : first + 8]):
                (folder / f"{name[:200]}-{split}.png").write_bytes(hostile.png(8 + number))


def test_names_are_shown_as_text_and_no_path_of_the_server_is(space, home):
    root = space.home / "datasets" / DATASET
    write_hostile(root)
    with in_space(space):
        settings = {"model": {"backbone": "small_cnn", "weights": "none"}, "device": "cpu", "precision": "fp32"}
        trained = train(parse_config({"data": {"source": str(root)}, "epochs": 1, "workers": 0, **settings}))
        evaluate(trained)
        save_label(trained.path, "**b17** <b>b17", "\n\n# b17\n[b17](javascript:b17) $b17$")
        save_recipe(
            Recipe(name="b17", title="**b17** :red[b17]", summary="<img src=x> [b17](b17)", config=trained.config)
        )
    for name, view in VIEWS:
        page = run_page(page_at(name, dataset=DATASET, run=trained.name, **view))
        assert hostile.interpreted(page) == []
        shown = hostile.all_texts(page)
        assert hostile.MARK in shown, (name, view)
        assert str(home) not in shown, (name, view)
