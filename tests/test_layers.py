"""The rules of the house: which part may know of which, and what an import may cost."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# each part, and the parts of tlcore that it may import
BASE = {"errors", "words", "system", "transforms", "config"}
MAY_IMPORT = {
    "errors": set(),
    "words": set(),
    "system": {"errors", "words"},
    "transforms": {"errors", "words", "system"},
    "config": {"errors", "system", "transforms"},
    "drawing": set(),
    "figures": {"words"},
    "data": BASE | {"drawing"},
    "models": BASE,
    "recipes": BASE | {"drawing", "data", "models", "training"},
    "training": BASE | {"data", "models"},
    "runs": BASE | {"data", "models", "training"},
    "evaluation": BASE | {"data", "models", "training", "runs"},
    "delivery": BASE | {"models", "training", "runs", "evaluation"},
    "explain": {"errors", "words", "transforms", "models"},
    "cli": BASE | {"data", "models", "training", "runs", "evaluation", "recipes", "delivery"},
}


def modules(part: str) -> list[Path]:
    single = ROOT / "tlcore" / f"{part}.py"
    return [single] if single.exists() else sorted((ROOT / "tlcore" / part).rglob("*.py"))


def imported_parts(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("tlcore.")}


def test_every_part_of_the_library_has_a_place_in_the_order():
    parts = {path.stem for path in (ROOT / "tlcore").iterdir() if path.name not in ("__pycache__",)}
    assert parts - {"__init__", "__main__"} == MAY_IMPORT.keys()


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_point_one_way(part):
    for path in modules(part):
        assert imported_parts(path) - {part} <= MAY_IMPORT[part], path


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_listing_datasets_and_runs_does_not_import_torch():
    loaded = loaded_by(
        "import tlcore.data.catalog, tlcore.runs.folder.run, tlcore.models.zoo, tlcore.training.optimisation.schedules"
    )
    assert "tlcore.runs.folder.run" in loaded
    assert not {"torch", "torchvision", "sklearn", "streamlit"} & loaded


def test_the_library_does_not_import_streamlit():
    assert "streamlit" not in loaded_by("import tlcore.cli.session, tlcore.evaluation.evaluate")
