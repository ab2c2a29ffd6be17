"""The rules for imports: which part may import which, and what an import may cost."""

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
    "race": BASE | {"data", "models", "training", "evaluation"},
    "delivery": BASE | {"data", "models", "training", "runs", "evaluation"},
    "explain": {"errors", "words", "transforms", "models"},
    "hosting": BASE | {"data", "models", "training", "runs"},
    "cli": BASE | {"data", "models", "training", "runs", "evaluation", "recipes", "delivery", "race", "hosting"},
}


# folders of ui/ that may import another folder besides `shared`; the shell opens the dialogs that add a dataset and
# tell about the visitor's space, the Dataset page shows the form's fields for splits, and the hosted server knows the
# shell's script
UI_MAY_IMPORT = {"recipes": {"train"}, "dataset": {"train"}, "shell": {"add_dataset", "space"}, "hosting": {"shell"}}
PACKAGES = ("tlcore", "ui", "pages", "benchmarks", "tests")


def imports(text: str, package: tuple[str, ...] = ()) -> set[str]:
    """Dotted names that a module imports, in any form: for `from a import b` both `a` and `a.b`.

    `package` is the package of the module, for relative imports.
    """
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join(filter(None, [*above, node.module]))
            names |= {origin} | {f"{origin}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] in PACKAGES}


def imports_of(path: Path) -> set[str]:
    return imports(path.read_text(encoding="utf-8"), path.relative_to(ROOT).parent.parts)


def parts_of(names: set[str], package: str) -> set[str]:
    """The modules and folders directly in a package to which these names belong."""
    found = {name.split(".")[1] for name in names if name.startswith(f"{package}.")}
    return {part for part in found if (ROOT / package / part).is_dir() or (ROOT / package / f"{part}.py").exists()}


def modules(folder: str, part: str = "") -> list[Path]:
    single = ROOT / folder / f"{part}.py"
    return [single] if part and single.exists() else sorted((ROOT / folder / part).rglob("*.py"))


def test_every_form_of_import_is_seen():
    text = (
        "from tlcore import runs, __version__\nimport tlcore.data.catalog as c\ndef f():\n  from ui.shared import state"
    )
    assert parts_of(imports(text), "tlcore") == {"runs", "data"}
    assert parts_of(imports(text), "ui") == {"shared"}
    assert parts_of(imports("from .. import models\nfrom ..runs import sweep", ("tlcore", "data")), "tlcore") == {
        "models",
        "runs",
    }


def test_every_part_of_the_library_has_a_place_in_the_order():
    parts = {path.stem for path in (ROOT / "tlcore").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert parts - {"__init__", "__main__", "__pycache__"} == MAY_IMPORT.keys()


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_point_one_way(part):
    for path in modules("tlcore", part):
        names = imports_of(path)
        assert parts_of(names, "tlcore") - {part} <= MAY_IMPORT[part], path
        assert not [name for name in names if name.split(".")[0] != "tlcore"], path


def test_the_dashboard_asks_the_library_and_pages_stand_on_top():
    for path in modules("ui"):
        assert {name.split(".")[0] for name in imports_of(path)} <= {"tlcore", "ui"}, path
    for path in [*modules("pages"), ROOT / "app.py"]:
        assert {name.split(".")[0] for name in imports_of(path)} <= {"tlcore", "ui"}, path


def test_tests_share_their_kit_among_themselves():
    for path in modules("tests"):
        assert not parts_of(imports_of(path), "benchmarks"), path


def test_a_page_folder_of_the_dashboard_imports_shared_and_no_other_folder():
    rooms = {path.stem for path in (ROOT / "ui").iterdir() if path.suffix == ".py" or path.is_dir()}
    for room in rooms - {"__init__", "__pycache__"}:
        for path in modules("ui", room):
            allowed = {room} if room == "shared" else {room, "shared"} | UI_MAY_IMPORT.get(room, set())
            assert parts_of(imports_of(path), "ui") <= allowed, path


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_listing_datasets_and_runs_does_not_import_torch():
    loaded = loaded_by(
        "import tlcore.data.catalog, tlcore.runs.folder.run, tlcore.models.zoo, tlcore.training.optimisation.schedules"
    )
    assert "tlcore.runs.folder.run" in loaded
    assert not {"torch", "torchvision", "sklearn", "streamlit"} & loaded


def test_pages_load_torch_when_they_need_it_and_not_to_be_opened():
    light = [path for path in modules("pages") if path.stem != "predict"]
    assert len(light) == 6
    imported = {name for path in light for name in imports_of(path) if (ROOT / f"{name.replace('.', '/')}.py").exists()}
    loaded = loaded_by(f"import {', '.join(imported)}")
    assert "ui.dataset.health" in loaded
    assert not {"torch", "torchvision", "timm", "sklearn"} & loaded


def test_the_library_does_not_import_streamlit():
    assert "streamlit" not in loaded_by("import tlcore.cli.session, tlcore.evaluation.evaluate")
