"""Actions on a dataset: what they change, what they refuse before anything is written, undo and redo."""

import threading

import pytest

from tlcore.config import DataConfig
from tlcore.data.catalog import edits_path, open_dataset
from tlcore.data.edits import open_edits
from tlcore.data.edits.lines import MAX_TEXT
from tlcore.errors import EditRefused


def labels(source: str, **settings) -> dict[str, str]:
    dataset = open_dataset(DataConfig(source=source, **settings))
    return {sample.id: dataset.classes[sample.target] for sample in dataset.samples}


def split_of(source: str) -> dict[str, str]:
    return {sample.id: sample.split for sample in open_dataset(source).samples}


def test_an_image_gets_another_label_and_the_file_stays(source, edits, root):
    before = {path: path.read_bytes() for path in root.rglob("*.*")}
    assert edits.relabel(["train/ants/0.png"], "bees", "six legs, two wings") == 1
    assert labels(source)["train/ants/0.png"] == "bees"
    assert {path: path.read_bytes() for path in root.rglob("*.*")} == before


def test_an_image_is_left_out(source, edits):
    edits.exclude(["train/ants/0.png", "val/bees/1.png"])
    assert len(labels(source)) == 22
    assert "train/ants/0.png" not in labels(source)


def test_an_image_goes_to_another_split_in_the_order_of_a_dataset(source, edits):
    edits.move(["test/bees/2.png"], "train")
    dataset = open_dataset(source)
    assert split_of(source)["test/bees/2.png"] == "train"
    bees = [sample.id for sample in dataset.split("train") if dataset.classes[sample.target] == "bees"]
    assert bees == ["test/bees/2.png", *(f"train/bees/{number}.png" for number in range(6))]


def test_edits_of_one_image_add_up(source, edits):
    edits.relabel(["train/ants/0.png"], "bees")
    edits.move(["train/ants/0.png"], "val")
    edits.relabel(["train/ants/0.png"], "ants")
    assert labels(source)["train/ants/0.png"] == "ants"
    assert split_of(source)["train/ants/0.png"] == "val"
    edits.exclude(["train/ants/0.png"])
    assert "train/ants/0.png" not in labels(source)


def test_a_version_names_a_state_whatever_comes_later(source, edits):
    edits.relabel(["train/ants/0.png"], "bees")
    edits.exclude(["train/ants/1.png"])
    edits.undo()
    assert edits.version == 3
    assert [len(labels(source, edits=version)) for version in range(4)] == [24, 24, 23, 24]
    assert labels(source, edits=0)["train/ants/0.png"] == "ants"
    assert labels(source, edits=1)["train/ants/0.png"] == "bees"


def test_undo_and_redo_go_through_the_actions_in_words(source, edits):
    edits.relabel(["train/ants/0.png", "train/ants/1.png"], "bees")
    edits.exclude(["train/ants/2.png"])
    assert edits.next_undo() == "1 image left out"
    assert edits.undo() == "1 image left out"
    assert edits.undo() == "2 images relabelled as bees"
    assert edits.undo() is None
    assert labels(source) == labels(source, edits=0)
    assert edits.next_redo() == "2 images relabelled as bees"
    assert edits.redo() == "2 images relabelled as bees"
    assert labels(source)["train/ants/1.png"] == "bees"
    edits.move(["val/ants/0.png"], "train")
    assert edits.redo() is None
    assert edits.next_redo() is None


def test_discarding_everything_can_be_undone(source, edits):
    assert edits.discard_all() is None
    edits.relabel(["train/ants/0.png"], "bees")
    edits.exclude(["train/ants/2.png"])
    mended = labels(source)
    assert edits.discard_all() == "2 edits"
    assert labels(source) == labels(source, edits=0)
    assert edits.undo() == "all edits discarded"
    assert labels(source) == mended


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda e: e.relabel(["train/ants/0.png"], "wasps"), "No class is named 'wasps'. Choose one of: ants, bees"),
        (lambda e: e.relabel(["train/ants/0.png"], "Bees"), "Did you mean 'bees'?"),
        (lambda e: e.relabel(["train/ants/0.png"], "ants"), "Nothing would change: 1 image is 'ants' already"),
        (lambda e: e.move(["train/ants/0.png"], "testing"), "No split is named 'testing'. Did you mean 'test'?"),
        (lambda e: e.move(["train/ants/0.png"], "train"), "Nothing would change: 1 image is 'train' already"),
        (lambda e: e.exclude(["train/ants/9.png"]), "does not have 1 of these images now: 'train/ants/9.png'"),
        (lambda e: e.exclude([]), "No image is chosen"),
        (lambda e: e.exclude([f"train/ants/{n}.png" for n in range(6)]), "train would have no images of 'ants'"),
        (
            lambda e: e.relabel([f"train/ants/{n}.png" for n in range(6)], "bees"),
            "train would have no images of 'ants'",
        ),
        (lambda e: e.move([f"train/bees/{n}.png" for n in range(6)], "val"), "train would have no images of 'bees'"),
        (
            lambda e: e.exclude([f"val/{name}/{n}.png" for name in ("ants", "bees") for n in range(3)]),
            "val would have no images",
        ),
        (lambda e: e.exclude(["train/ants/0.png"], "x" * (MAX_TEXT + 1)), "The text has 2,001 characters"),
        (lambda e: e.exclude(["train/ants/0.png"], "\ud800"), "why: Input should be a valid string"),
        (lambda e: e.note(["train/ants/0.png"], ""), "text: String should have at least 1 character"),
        (lambda e: e.accept("a finding", ["train/ants/0.png"]), "finding: String should match pattern"),
        (lambda e: e.exclude([f"{n}.png" for n in range(100_001)]), "100,001 images are chosen"),
    ],
)
def test_what_cannot_be_is_refused_in_words_before_anything_is_written(source, edits, act, message):
    with pytest.raises(EditRefused) as refused:
        act(edits)
    assert message in str(refused.value)
    assert edits.version == 0
    assert not edits_path(source).exists()


def test_images_that_have_the_label_already_are_not_part_of_the_line(edits):
    edits.relabel(["train/ants/0.png", "train/bees/0.png"], "bees")
    assert list(edits.table()["id"]) == ["train/ants/0.png"]


def test_an_image_that_is_left_out_cannot_be_edited(edits):
    edits.exclude(["train/ants/0.png"])
    with pytest.raises(EditRefused, match="It may be left out already"):
        edits.relabel(["train/ants/0.png"], "bees")


def test_an_image_that_was_left_out_comes_back_as_it_was_without_undoing_what_came_later(source, edits):
    edits.relabel(["train/ants/0.png"], "bees")
    edits.move(["train/ants/0.png"], "val")
    edits.exclude(["train/ants/0.png", "train/ants/1.png"])
    edits.relabel(["train/ants/2.png"], "bees")
    assert edits.include(["train/ants/0.png"], "sharp enough") == 5
    assert labels(source)["train/ants/0.png"] == "bees"
    assert split_of(source)["train/ants/0.png"] == "val"
    assert "train/ants/1.png" not in labels(source)
    assert labels(source)["train/ants/2.png"] == "bees"
    assert edits.table().iloc[-1][["action", "id", "after", "why", "in_effect"]].tolist() == [
        "include",
        "train/ants/0.png",
        "brought back",
        "sharp enough",
        True,
    ]
    dataset = open_dataset(source)
    assert dataset.edits.left_out.keys() == {"train/ants/1.png"}
    assert (dataset.edits.summary["left_out"], dataset.edits.summary["brought_back"]) == (1, 1)
    assert any("1 image left out" in note for note in dataset.notes)
    edits.relabel(["train/ants/0.png"], "ants")
    assert labels(source)["train/ants/0.png"] == "ants"
    edits.exclude(["train/ants/0.png"])
    assert "train/ants/0.png" not in labels(source)
    assert len(labels(source, edits=5)) == 23


def test_bringing_back_is_undone_and_redone(source, edits):
    edits.exclude(["train/ants/0.png"])
    edits.include(["train/ants/0.png"])
    assert labels(source) == labels(source, edits=0)
    assert edits.undo() == "1 image brought back"
    assert "train/ants/0.png" not in labels(source)
    assert edits.redo() == "1 image brought back"
    assert "train/ants/0.png" in labels(source)


@pytest.mark.parametrize("name", ["train/ants/0.png", "train/ants/1.png", "nowhere.png"])
def test_only_images_that_are_left_out_are_brought_back(source, edits, name):
    edits.exclude(["train/ants/0.png", "train/ants/2.png"])
    edits.include(["train/ants/0.png"])
    with pytest.raises(EditRefused, match=f"1 of these images is not left out now: '{name}'. Only what is left out"):
        edits.include(["train/ants/2.png", name])
    assert edits.version == 2
    assert "train/ants/2.png" not in labels(source)


def test_an_image_that_was_renamed_since_it_was_left_out_comes_back(source, edits, root):
    edits.exclude(["train/ants/0.png"])
    (root / "train/ants/0.png").rename(root / "train/ants/new.png")
    assert "train/ants/new.png" not in labels(source)
    edits = open_edits(source)
    edits.include(["train/ants/new.png"])
    assert labels(source)["train/ants/new.png"] == "ants"


def test_two_that_look_at_the_same_state_do_not_overwrite_each_other(source):
    first, second = (open_edits(source, open_dataset(source)) for _ in range(2))
    first.exclude([f"train/ants/{number}.png" for number in range(3)])
    second.relabel(["train/bees/0.png"], "ants")
    assert second.version == 2
    assert "train/ants/0.png" not in labels(source)
    assert labels(source)["train/bees/0.png"] == "ants"


def test_the_last_training_image_stays_even_if_two_leave_out_at_once(source):
    first, second = (open_edits(source, open_dataset(source)) for _ in range(2))
    first.exclude([f"train/ants/{number}.png" for number in range(3)])
    with pytest.raises(EditRefused, match="train would have no images of 'ants'"):
        second.exclude([f"train/ants/{number}.png" for number in range(3, 6)])


def test_many_threads_lose_no_action(source):
    dataset = open_dataset(source)

    def act(name: str) -> None:
        open_edits(source, dataset).note([name], "seen")

    threads = [threading.Thread(target=act, args=(sample.id,)) for sample in dataset.samples]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    table = open_edits(source).table()
    assert sorted(table["id"]) == sorted(sample.id for sample in dataset.samples)
    assert list(table["number"]) == list(range(1, 25))


def test_the_table_says_what_each_image_was_and_is(edits):
    edits.relabel(["train/ants/0.png"], "bees", "wings")
    edits.move(["val/ants/0.png"], "train")
    edits.exclude(["train/ants/1.png"])
    edits.accept("leak", ["test/ants/0.png"])
    edits.note(["test/ants/1.png"], "*odd*")
    edits.undo()
    table = edits.table()
    assert list(table["action"]) == ["relabel", "move", "exclude", "accept", "note", "undo"]
    assert list(table["before"]) == ["ants", "val", "", "", "", ""]
    assert list(table["after"]) == ["bees", "train", "left out", "leak", "*odd*", ""]
    assert list(table["in_effect"]) == [True, True, True, True, False, False]
    assert table["why"][0] == "wings"


def test_accepted_findings_are_listed_with_their_images(source, edits):
    edits.accept("leak", ["test/ants/0.png"])
    edits.accept("leak", ["test/ants/1.png"])
    edits.accept("tiny", ["val/ants/1.png"])
    assert open_dataset(source).accepted == {
        "leak": frozenset({"test/ants/0.png", "test/ants/1.png"}),
        "tiny": frozenset({"val/ants/1.png"}),
    }
    edits.undo()
    assert "tiny" not in open_dataset(source).accepted


def test_a_name_and_a_path_have_logs_of_their_own(tmp_path):
    assert edits_path("demo") == edits_path("Demo")
    assert edits_path("./demo") != edits_path("demo")
    (tmp_path / "photos").mkdir()
    (tmp_path / "link").symlink_to("photos")
    assert edits_path(str(tmp_path / "link")) == edits_path(str(tmp_path / "photos") + "/")
    assert edits_path(str(tmp_path / "photos")).name.startswith("photos-")


def test_splits_that_are_made_here_can_be_edited_as_well(root, put):
    put("ants", 10)
    put("bees", 10)
    dataset = open_dataset(str(root))
    name = dataset.split("test")[0].id
    open_edits(str(root), dataset).move([name], "train")
    assert split_of(str(root))[name] == "train"
    assert open_dataset(str(root)).made_splits == ("val", "test")
