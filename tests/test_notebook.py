"""The notebook of the documentation works, from an empty home to the exported weights."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[1] / "docs/notebook.ipynb"
RUN_CELLS = """
import json, sys
names = {}
for number, cell in enumerate(json.load(sys.stdin)):
    exec(compile(cell, f"cell {number}", "exec"), names)
"""


@pytest.fixture(scope="module")
def notebook() -> dict:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))


def code_of(notebook: dict) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_the_notebook_runs_and_exports_weights(notebook, drawn_demo, home, tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", RUN_CELLS],
        input=json.dumps(code_of(notebook)),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"TLCORE_HOME": str(home), "PYTHONPATH": str(NOTEBOOK.parents[1]), "PATH": "", "OMP_NUM_THREADS": "1"},
    )
    assert ended.returncode == 0, ended.stderr
    for words in ("demo has the classes ant, bee", "epoch 8: ", "new images: ", "Keep epoch", "It is ant", ".pth "):
        assert words in ended.stdout
    assert len(list((home / "runs").iterdir())) == 1
    assert {path.suffix for path in tmp_path.glob("*-epoch-*")} == {".pth", ".py"}


def test_the_notebook_is_kept_without_outputs_and_each_step_is_explained(notebook):
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    assert len(code_of(notebook)) == 10
    assert "code,code" not in ",".join(kinds)
    for cell in notebook["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
