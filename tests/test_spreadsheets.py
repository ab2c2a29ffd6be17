"""CSV files for people: whatever files and classes are called, a spreadsheet finds no formula in a cell."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlcore import train
from tlcore.cli.main import main
from tlcore.data.catalog import open_dataset
from tlcore.data.dataset import Skipped
from tlcore.data.edits import open_edits
from tlcore.data.edits.export import export_edited
from tlcore.data.formats.cells import escape_table
from tlcore.data.formats.records import samples_csv
from tlcore.delivery.export import FORMATS
from tlcore.evaluation.answers import Answers
from tlcore.evaluation.evaluate import evaluate
from tlcore.evaluation.guess_tables import guesses_csv
from tlcore.evaluation.unlabelled import Guesses
from tlcore.runs.folder.run import Run
from tlcore.system.drive import drive

ROOT = Path(__file__).parents[1]
CLASSES = ("=1+1", "@SUM(A1)")
QUICK = ["--backbone", "small_cnn", "--weights", "none", "--device", "cpu", "--precision", "fp32", "--workers", "0"]
READ_BY_US = ("tlcore/data/formats/records.py", "tlcore/data/intake/upload.py", "tlcore/data/intake/additions.py")
"""These write tables that are datasets or records of splits: names must be as they are."""


@pytest.fixture
def source(tmp_path: Path) -> str:
    """A table of images whose names and classes look like formulas."""
    rows = [("path", "label", "split")]
    for number, split in enumerate(["train"] * 4 + ["val"] * 2 + ["test"] * 2):
        for index, label in enumerate(CLASSES):
            name = f"{'=+-@'[number % 4]}{number}{index}.png"
            (tmp_path / "data").mkdir(exist_ok=True)
            Image.new("RGB", (32, 32), (number * 20, index * 200, 60)).save(tmp_path / "data" / name)
            rows.append((name, label, split))
    with (tmp_path / "data" / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return str(tmp_path / "data")


@pytest.fixture
def run(configure, source) -> Run:
    run = train(configure(data={"source": source}, epochs=1))
    evaluate(run, device="cpu")
    return run


def texts(content: bytes) -> Iterator[str]:
    """Cells that are no numbers."""
    rows = list(csv.reader(io.StringIO(content.decode())))
    assert len(rows) > 1
    for cell in (cell for row in rows for cell in row):
        try:
            float(cell)
        except ValueError:
            yield cell


def check(content: bytes, *, named: bool = True) -> None:
    assert [cell for cell in texts(content) if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert any(cell.startswith("'=") for cell in texts(content)) == named


def test_exports_of_a_run(run):
    check(FORMATS["predictions"].build(run, 1))
    check(FORMATS["epochs"].build(run, 1), named=False)


def test_files_of_commands(run, source, tmp_path):
    Image.new("RGB", (32, 32)).save(Path(source) / "=same.png")
    Image.new("RGB", (32, 32)).save(Path(source) / "=same again.png")
    with (Path(source) / "labels.csv").open("a") as file:
        file.write("=same.png,=1+1,train\n=same again.png,=1+1,test\n")
    assert main(["audit", "--data", source, "--csv", str(tmp_path / "findings.csv")]) == 0
    check((tmp_path / "findings.csv").read_bytes())
    assert main(["map", "--data", source, *QUICK, "--out", str(tmp_path / "map.csv")]) == 0
    check((tmp_path / "map.csv").read_bytes())
    assert main(["predict", run.name, source, "--device", "cpu", "--out", str(tmp_path / "guesses.csv")]) == 0
    check((tmp_path / "guesses.csv").read_bytes())


def test_the_changes_beside_a_mended_set(source, tmp_path):
    open_edits(source).relabel(["=00.png"], CLASSES[1], why="=why")
    dataset = open_dataset(source)
    drive(export_edited(dataset, open_edits(source, dataset), tmp_path / "out"), lambda event: None)
    check((tmp_path / "out" / "changes.csv").read_bytes())


def test_the_predictions_of_photographs():
    logits_NC, unknown_N = np.array([[0.7, 0.3]], np.float32), np.full(1, np.nan, np.float32)
    unreadable = (Skipped("=b.png", "=reason"),)
    guesses = Guesses(("=a.png",), ("0" * 32,), logits_NC, unknown_N, CLASSES, unreadable, Answers(epoch=1))
    check(guesses_csv(guesses))


def test_what_is_read_back_has_the_names_as_they_are(run, source, tmp_path):
    dataset = open_dataset(source)
    assert (run.path / "samples.csv").read_bytes() == samples_csv(dataset)
    assert b"\n=00.png,=1+1,train\n" in samples_csv(dataset)
    (Path(source) / "labels.csv").write_bytes(samples_csv(dataset))
    assert open_dataset(source).samples == dataset.samples


def test_numbers_and_what_is_missing_stay_as_they_are():
    import pandas as pd

    table = pd.DataFrame({"=x": [-0.1, 2.0], "n": [-1, 2], "text": ["-1", "-a"], "none": [None, "=b"]})
    table["kind"] = pd.Categorical(["=k", "l"])
    table["-x"] = table["=x"].astype(np.float32)
    lines = escape_table(table).to_csv(index=False).splitlines()
    assert lines == ["'=x,n,text,none,kind,'-x", "-0.1,-1,-1,,'=k,-0.1", "2.0,2,'-a,'=b,l,2.0"]


def test_every_place_that_writes_csv_is_known():
    """A new one goes through `tlcore.data.formats.cells`, or gets its reason above."""
    writers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("tlcore", "ui", "pages")
        for path in (ROOT / folder).rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in ("to_csv(", "csv.writer(", "DictWriter("))
    }
    through = ("escape_cell", "escape_table", "findings_table(")
    unsafe = {name for name in writers if not any(word in (ROOT / name).read_text("utf-8") for word in through)}
    assert unsafe == set(READ_BY_US)
