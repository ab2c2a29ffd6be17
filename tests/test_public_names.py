"""The names that `import tlcore` provides, and which imports they cause."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import tlcore


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_every_public_name_is_there_and_documented():
    for name in tlcore.__all__:
        assert getattr(tlcore, name).__doc__ or name == "__version__", name
    assert set(tlcore.__all__) <= set(dir(tlcore))
    with pytest.raises(AttributeError, match="module 'tlcore' has no attribute 'trane'"):
        tlcore.trane  # noqa: B018


def test_type_checkers_see_the_same_names_at_the_same_places():
    tree = ast.parse(Path(tlcore.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.name: line.module for line in block.body for alias in line.names}
    assert seen == tlcore._FOUND_IN
    assert sorted([*seen, "__version__"]) == sorted(tlcore.__all__)
    assert Path(tlcore.__file__).with_name("py.typed").exists()


def test_importing_the_package_imports_nothing_else():
    assert {name for name in loaded_by("import tlcore") if name.startswith(("tlcore", "torch", "pydantic"))} == {
        "tlcore"
    }


def test_looking_at_datasets_and_runs_needs_no_torch():
    asked = "import tlcore; tlcore.RunConfig, tlcore.open_dataset, tlcore.find_run, tlcore.train"
    assert not {"torch", "torchvision", "streamlit"} & loaded_by(asked)


def test_the_main_job_in_a_few_calls(configure, colours):
    assert tlcore.open_dataset(str(colours)).classes == ("blue", "green")
    run = tlcore.train(configure(optimizer={"name": "adam", "learning_rate": 0.05}))
    told = []
    evaluation = tlcore.evaluate(run.name, on_progress=told.append)
    assert evaluation.epochs == (0, 1, 2, 3)
    assert told
    image = colours / "test/blue/000.png"
    predictor = tlcore.load_predictor("latest")
    answer = predictor.predict(str(image))
    assert {name for name, _ in answer} == {"blue", "green"}
    assert sum(share for _, share in answer) == pytest.approx(1)
    assert answer == predictor.predict(image) == predictor.predict(Image.open(image))
    assert answer == tlcore.load_predictor(tlcore.find_run(run.name), evaluation.best_by_val).predict(image)
