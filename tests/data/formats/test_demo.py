import pytest

from tlcore.cli.main import main
from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.formats import demo
from tlcore.drawing.demo import draw_insect
from tlcore.errors import ConfigError, UnreadableImage
from tlcore.runs.folder.run import find_run


def test_opening_the_demo_gives_six_classes_in_three_splits(drawn_demo):
    dataset = open_dataset(DataConfig(source="demo"))
    assert dataset.name == "demo"
    assert dataset.classes == ("ant", "bee", "beetle", "butterfly", "dragonfly", "ladybird")
    assert dataset.class_counts("train") == dict.fromkeys(dataset.classes, 40) | {"dragonfly": 20}
    assert dataset.class_counts("val") == dict.fromkeys(dataset.classes, 20) | {"dragonfly": 10}
    assert dataset.class_counts("test") == dict.fromkeys(dataset.classes, 40) | {"dragonfly": 20}
    assert dataset.made_splits == ()


def test_the_description_lists_the_flaws(drawn_demo):
    text = " ".join(open_dataset(DataConfig()).notes)
    for flaw in ("2 exact duplicates", "3 near-duplicates", "2 wrong labels", "1 unreadable", "half the images"):
        assert flaw in text


def test_the_exact_duplicates_are_copies_in_another_split(drawn_demo):
    for copy, original in demo.EXACT_DUPLICATES.items():
        assert (drawn_demo / copy).read_bytes() == (drawn_demo / original).read_bytes()
        assert copy.split("/")[0] != original.split("/")[0]


def test_no_other_file_is_a_copy(drawn_demo):
    contents = [path.read_bytes() for path in drawn_demo.glob("*/*/*")]
    assert len(contents) == 550
    assert len(set(contents)) == 548


def test_a_wrong_label_is_a_picture_of_the_other_class(drawn_demo, tmp_path):
    for path, kind in demo.WRONG_LABELS.items():
        assert path.split("/")[1] != kind
        draw_insect(kind, path).save(tmp_path / "drawn.jpg", "JPEG", quality=90)
        assert (drawn_demo / path).read_bytes() == (tmp_path / "drawn.jpg").read_bytes()


def test_exactly_one_file_cannot_be_read(drawn_demo):
    dataset = open_dataset(DataConfig())
    unreadable = set()
    for sample in dataset.samples:
        try:
            dataset.source.load(sample.id)
        except UnreadableImage:
            unreadable.add(sample.id)
    assert unreadable == {demo.UNREADABLE}


def test_cancelled_drawing_leaves_nothing_behind(home):
    drawing = demo.draw_demo()
    assert next(drawing) == (1, 550)
    drawing.close()
    assert not demo.demo_folder().exists()
    assert list(demo.demo_folder().parent.iterdir()) == []


def test_a_demo_with_a_missing_file_is_drawn_again(drawn_demo):
    assert demo.is_drawn()
    (drawn_demo / demo.UNREADABLE).unlink()
    assert not demo.is_drawn()


def test_images_do_not_go_with_the_demo(home):
    with pytest.raises(ConfigError, match="`images` goes with a table, and demo is built in"):
        open_dataset(DataConfig(images="somewhere"))


def test_a_run_keeps_the_name_demo_if_a_folder_has_that_name_too(drawn_demo, tmp_path, monkeypatch):
    (tmp_path / "demo").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--epochs", "1", "--backbone", "small_cnn", "--weights", "none", "--device", "cpu"]) == 0
    assert find_run("latest").config.data.source == "demo"
