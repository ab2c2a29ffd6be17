import json

import pandas as pd
import pytest

from tlcore.cli.main import main
from tlcore.evaluation.kept_layouts import load_layout

QUICK = ["--backbone", "small_cnn", "--weights", "none", "--device", "cpu", "--precision", "fp32", "--workers", "0"]


@pytest.fixture
def draw_map(colours, capsys):
    def call(*options):
        status = main(["map", "--data", str(colours), *QUICK, *options])
        return status, capsys.readouterr()

    return call


def test_places_are_written_as_a_table(draw_map, tmp_path):
    status, said = draw_map("--out", str(tmp_path / "map.csv"))
    table = pd.read_csv(tmp_path / "map.csv")
    assert status == 0
    assert list(table) == ["id", "split", "class", "x", "y"]
    assert len(table) == 74
    assert table["x"].std() > 0
    assert "of the variance of the features." in said.out
    assert said.out.splitlines()[-1] == str(tmp_path / "map.csv")


def test_as_json_the_last_line_has_the_key_of_the_layout(draw_map):
    _, said = draw_map("--json")
    told = [json.loads(line) for line in said.out.splitlines()]
    placed = load_layout(told[-1]["layout"])
    assert placed is not None
    assert len(placed.ids) == 74
    assert "place" in {line["phase"] for line in told[:-1]}
