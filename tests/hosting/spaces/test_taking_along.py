"""The zip of a space: it is a home on another machine, and holds nothing that is not the visitor's."""

import io
import json
import os
import tracemalloc
import zipfile

import pytest

from tests.support.furnish import write_images
from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.data.intake.library import list_sources, list_unlabelled, rename, store_unlabelled_zip
from tlcore.hosting.spaces.taking_along import FOLDER, TAKEN, zip_space
from tlcore.hosting.spaces.visitors import new_visitor, space_of
from tlcore.runs.folder.run import list_runs
from tlcore.runs.start import prepare_run
from tlcore.system.home import in_space


@pytest.fixture
def ann():
    return space_of(new_visitor())


def unpacked(pieces, folder):
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    archive.extractall(folder)
    return folder / FOLDER


def test_unpacked_it_is_a_home_with_runs_and_edits(ann, configure, home, tmp_path, monkeypatch):
    photos = ann.home / "datasets" / "photos"
    write_images(str(photos), images=60)
    loose = io.BytesIO()
    with zipfile.ZipFile(loose, "w") as archive:
        archive.write(next(photos.rglob("*.jpg")), "a.jpg")
    with in_space(ann):
        left_out = open_dataset(str(photos)).samples[0].id
        open_edits(str(photos)).exclude(ids=[left_out])
        prepare_run(configure(data={"source": str(photos)}), {"device": "cpu: of the test"})
        store_unlabelled_zip("holiday", loose)
    moved = unpacked(zip_space(ann), tmp_path / "elsewhere")
    assert str(home) not in "".join(path.read_text() for path in moved.rglob("*.json*"))
    os.rename(home, tmp_path / "gone")

    monkeypatch.setenv("TLCORE_HOME", str(moved))
    source = str(moved / "datasets" / "photos")
    assert source in list_sources()
    assert left_out in open_dataset(source).left_out
    [run] = list_runs()
    assert run.config.data.source == source
    assert left_out in open_dataset(run.config.data, edits=run.edits()).left_out
    assert str(moved / "datasets" / "holiday.zip") in list_unlabelled()
    open_edits(source).undo()
    assert not open_dataset(source).left_out
    assert left_out in {sample.id for sample in open_dataset(rename(source, "other")).samples}


def test_only_what_cannot_be_computed_again_is_in_it(ann, tmp_path):
    for name in ("cache/x", "datasets/d/a.jpg", "runs/r/worker.log", "runs/r/writer.lock", "datasets/d/.hidden", "x"):
        (ann.home / name).parent.mkdir(parents=True, exist_ok=True)
        (ann.home / name).write_bytes(b"x")
    (tmp_path / "secret").write_text("of somebody else")
    (ann.home / "datasets" / "link.txt").symlink_to(tmp_path / "secret")
    (ann.home / "recipes").symlink_to(tmp_path, target_is_directory=True)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(zip_space(ann))))
    assert archive.namelist() == [f"{FOLDER}/README.txt", f"{FOLDER}/datasets/d/a.jpg"]
    assert f"TLCORE_HOME=/where/you/unpacked/it/{FOLDER}" in archive.read(f"{FOLDER}/README.txt").decode()


def test_an_empty_space_gives_a_zip_with_the_readme_alone(ann):
    assert len(zipfile.ZipFile(io.BytesIO(b"".join(zip_space(ann)))).namelist()) == 1


def test_names_in_the_zip_stay_inside_of_its_folder(ann):
    strange = ["..", "a\\..\\b", "C:x", "nul", "ü 日本", "-rf", "a\nb"]
    for name in strange[1:]:
        (ann.home / "datasets" / name).mkdir(parents=True)
        (ann.home / "datasets" / name / "a.jpg").write_bytes(b"x")
    os.makedirs(os.fsencode(ann.home / "datasets") + b"/\xff")
    (ann.home / "datasets" / "\udcff" / "a.jpg").write_bytes(b"x")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(zip_space(ann))))
    for name in archive.namelist():
        parts = name.split("/")
        assert parts[0] == FOLDER
        assert parts[1] in (*TAKEN, "README.txt")
        assert not {"", ".", ".."} & set(parts)


def test_memory_does_not_grow_with_the_space(ann):
    folder = ann.home / "datasets" / "d"
    folder.mkdir(parents=True)
    with (folder / "a.jpg").open("wb") as file:
        file.truncate(60_000_000)
    tracemalloc.start()
    try:
        size = sum(map(len, zip_space(ann)))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 60_000_000
    assert most < 12_000_000


def test_a_file_that_vanishes_is_left_out_and_one_that_is_damaged_too(ann):
    for name in ("a", "b"):
        (ann.home / "runs" / name).mkdir(parents=True)
        (ann.home / "runs" / name / "run.json").write_text(json.dumps({"x": 1}) if name == "b" else "{")
        (ann.home / "runs" / name / "metrics.jsonl").write_text("")
    pieces = zip_space(ann)
    first = next(pieces)
    (ann.home / "runs" / "b" / "metrics.jsonl").unlink()
    names = zipfile.ZipFile(io.BytesIO(first + b"".join(pieces))).namelist()
    assert [name.removeprefix(f"{FOLDER}/") for name in names] == [
        "README.txt",
        "runs/a/metrics.jsonl",
        "runs/b/run.json",
    ]
