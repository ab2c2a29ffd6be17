"""Photographs that edits add: they are images of the dataset as any other, and undo takes them out."""

import pickle

import pytest
from PIL import Image

from tlcore.config import DataConfig
from tlcore.data.catalog import fingerprint, open_dataset
from tlcore.data.edits import open_edits
from tlcore.data.edits.added import added_dir
from tlcore.data.formats.unlabelled import open_unlabelled
from tlcore.data.pixels.thumbnails import thumbnails
from tlcore.errors import EditRefused


@pytest.fixture
def shots(tmp_path):
    """Photographs without labels: four new ones, and a copy of one of the dataset's test images."""
    folder = tmp_path / "shots" / "more"
    folder.mkdir(parents=True)
    for number in range(4):
        Image.new("RGB", (5, 4), (200, number, 90)).save(folder / f"{number}.png")
    return open_unlabelled(tmp_path / "shots")


@pytest.fixture
def source_with_files(source, root):
    """The dataset's folder and what is in it, to see that nothing changes."""
    return source, {path: path.read_bytes() for path in root.rglob("*.*")}


def test_added_images_are_images_of_the_dataset(source_with_files, edits, shots, root):
    source, before = source_with_files
    unedited = open_dataset(source)
    assert edits.add({"more/0.png": "ants", "more/1.png": "bees"}, shots.source, why="94 % sure") == 1
    dataset = open_dataset(source)
    assert len(dataset.samples) == len(unedited.samples) + 2
    new = [sample for sample in dataset.samples if sample.id.startswith("added/")]
    assert [(dataset.classes[s.target], s.split, s.id.rpartition("/")[2]) for s in new] == [
        ("ants", "train", "0.png"),
        ("bees", "train", "1.png"),
    ]
    assert dataset.source.load(new[0].id).shape == (3, 4, 5)
    assert pickle.loads(pickle.dumps(dataset.source)).decode(new[1].id).image.size == (5, 4)
    assert set(thumbnails(dataset.source, [s.id for s in dataset.samples])) == {s.id for s in dataset.samples}
    assert dataset.source.digests(["train/ants/0.png", new[0].id]) == [
        *unedited.source.digests(["train/ants/0.png"]),
        *shots.source.digests(["more/0.png"]),
    ]
    assert dataset.split("test") == unedited.split("test")
    assert fingerprint(dataset) != fingerprint(unedited)
    assert "Mended by 1 edit: 2 images added." in dataset.notes
    assert dataset.edits.summary["added"] == 2
    assert {path: path.read_bytes() for path in root.rglob("*.*")} == before


def test_undo_takes_them_out_and_redo_brings_them_back(source, edits, shots):
    before = open_dataset(source)
    edits.add({"more/0.png": "ants"}, shots.source)
    assert edits.undo() == "1 image added to train"
    assert fingerprint(open_dataset(source)) == fingerprint(before)
    assert edits.redo() == "1 image added to train"
    assert len(open_dataset(source).samples) == len(before.samples) + 1
    assert len(open_dataset(DataConfig(source=source, edits=0)).samples) == len(before.samples)


def test_they_can_be_edited_as_the_others(source, edits, shots):
    edits.add({"more/0.png": "ants", "more/1.png": "ants"}, shots.source)
    first, second = (sample.id for sample in open_dataset(source).samples if sample.id.startswith("added/"))
    edits.relabel([first], "bees")
    edits.exclude([second])
    dataset = open_dataset(source)
    assert [dataset.classes[s.target] for s in dataset.samples if s.id == first] == ["bees"]
    assert second not in [sample.id for sample in dataset.samples]


def test_an_added_image_that_was_left_out_comes_back(source, edits, shots):
    edits.add({"more/0.png": "ants"}, shots.source)
    (name,) = (sample.id for sample in open_dataset(source).samples if sample.id.startswith("added/"))
    edits.exclude([name])
    edits.include([name])
    assert name in [sample.id for sample in open_dataset(source).samples]


def test_the_table_says_what_was_added(edits, shots):
    edits.add({"more/0.png": "ants", "more/1.png": "bees"}, shots.source, why="sure")
    table = edits.table()
    assert table[["action", "after", "why", "in_effect"]].values.tolist() == [
        ["add", "ants", "sure", True],
        ["add", "bees", "sure", True],
    ]


def test_what_the_dataset_has_already_is_left_out(source, edits, shots, root, tmp_path):
    (tmp_path / "shots" / "leak.png").write_bytes((root / "test/ants/0.png").read_bytes())
    edits.add({"more/0.png": "ants", "leak.png": "ants"}, shots.source)
    assert len(edits.table()) == 1
    for labels in ({"leak.png": "ants"}, {"more/0.png": "bees"}, {"gone.png": "ants"}):
        with pytest.raises(EditRefused, match=r"^Nothing would change: the dataset has these photographs, or"):
            edits.add(labels, shots.source)
    assert edits.version == 1


def test_unknown_classes_and_splits_are_refused(edits, shots):
    with pytest.raises(EditRefused, match=r"^No class is named 'wasps'\. Choose one of: ants, bees\.$"):
        edits.add({"more/0.png": "wasps"}, shots.source)
    with pytest.raises(EditRefused, match=r"^There is no split 'later'\. Choose one of: test, train, val\.$"):
        edits.add({"more/0.png": "ants"}, shots.source, split="later")
    with pytest.raises(EditRefused, match="0 images are chosen"):
        edits.add({}, shots.source)


def test_a_kept_file_that_is_gone_or_changed_is_said_and_breaks_nothing(source, edits, shots):
    edits.add({"more/0.png": "ants", "more/1.png": "ants"}, shots.source)
    for path in added_dir().rglob("1.png"):
        path.unlink()
    for path in added_dir().rglob("0.png"):
        path.unlink()
        path.write_bytes(b"other")
    dataset = open_dataset(source)
    assert dataset.samples == open_dataset(DataConfig(source=source, edits=0)).samples
    assert any("Edits have no effect on 2 images that are gone or have another content" in n for n in dataset.notes)


def test_the_photographs_may_be_deleted_afterwards(source, edits, shots):
    edits.add({"more/0.png": "ants"}, shots.source)
    (shots.source.root / "more/0.png").unlink()
    (sample,) = [sample for sample in open_dataset(source).samples if sample.id.startswith("added/")]
    assert open_dataset(source).source.load(sample.id).shape == (3, 4, 5)


def test_two_tabs_add_one_photograph_once(source, shots):
    first, second = open_edits(source), open_edits(source)
    second.add({"more/1.png": "ants"}, shots.source)
    first.add({"more/0.png": "ants", "more/1.png": "bees"}, shots.source)
    assert [row["id"].rpartition("/")[2] for row in first.table().to_dict("records")] == ["1.png", "0.png"]


def test_a_run_learns_from_them(configure, colours, shots):
    from tlcore import train

    open_edits(str(colours)).add({"more/0.png": "blue"}, shots.source)
    run = train(configure(epochs=1))
    assert run.info.dataset.counts["train"] == 43
    assert run.config.data.edits == 1
