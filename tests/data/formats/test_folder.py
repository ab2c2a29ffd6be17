import os
import unicodedata
from pathlib import Path

import pytest

from tlcore.config import DataConfig
from tlcore.data.dataset import Dataset
from tlcore.data.formats import assemble, tree
from tlcore.data.formats.folder import open_folder
from tlcore.data.pixels.formats import IMAGE_EXTENSIONS
from tlcore.errors import DatasetInvalid, DatasetNotFound, UnreadableImage

HYMENOPTERA = Path(__file__).parents[3] / "../shared/data/hymenoptera_data"


def opened(root: Path, **settings) -> Dataset:
    return open_folder(root, DataConfig(source=str(root), **settings))


def ids(dataset: Dataset, split: str) -> list[str]:
    return [sample.id for sample in dataset.split(split)]


def test_hymenoptera_has_244_train_and_153_val_images():
    if not HYMENOPTERA.is_dir():
        pytest.skip("hymenoptera_data is not beside the project")
    dataset = opened(HYMENOPTERA)
    assert dataset.classes == ("ants", "bees")
    assert len(dataset.split("train")) == 244
    assert len(dataset.split("val")) == 153
    assert "Not counted: 1 file" in dataset.notes[0]
    assert "imageNotFound.gif" in dataset.notes[0]


@pytest.mark.parametrize(("train", "val"), [("train", "val"), ("Training", "VALID"), ("TRAIN", "validation")])
def test_split_folders_are_known_by_several_names(root, put, train, val):
    for folder in (train, val, "test"):
        put(f"{folder}/ants", 2)
        put(f"{folder}/bees", 1)
    dataset = opened(root)
    assert dataset.split_names == ("train", "val", "test")
    assert dataset.class_counts("val") == {"ants": 2, "bees": 1}
    assert dataset.made_splits == ()
    assert dataset.notes == ()
    assert dataset.report_split == "test"


def test_samples_are_ordered_by_split_then_class_then_id(root, put):
    for folder in ("test/b", "val/a", "train/b", "train/a", "val/b", "test/a"):
        put(folder, ["2.png", "10.png"])
    dataset = opened(root)
    assert [sample.id for sample in dataset.samples][:6] == [
        "train/a/10.png",
        "train/a/2.png",
        "train/b/10.png",
        "train/b/2.png",
        "val/a/10.png",
        "val/a/2.png",
    ]
    assert [sample.target for sample in dataset.split("train")] == [0, 0, 1, 1]


def test_without_splits_val_and_test_are_made_and_noted(root, put):
    put("ants", 20)
    put("bees", 40)
    dataset = opened(root, split_seed=3)
    assert dataset.class_counts("val") == {"ants": 3, "bees": 6}
    assert dataset.class_counts("test") == {"ants": 3, "bees": 6}
    assert dataset.made_splits == ("val", "test")
    assert dataset.notes == (
        "No val or test split: 15 % of train (9 images) was set aside as val and 15 % of train (9 images) was set "
        "aside as test, stratified, seed 3.",
    )


def test_train_alone_is_split(root, put):
    put("train/ants", 10)
    put("train/bees", 10)
    assert opened(root).made_splits == ("val", "test")


def test_without_val_it_is_made_from_train_and_test_stays(root, put):
    for split in ("train", "test"):
        put(f"{split}/ants", 10)
        put(f"{split}/bees", 10)
    dataset = opened(root, val_fraction=0.2)
    assert len(dataset.split("train")) == 16
    assert len(dataset.split("test")) == 20
    assert all(sample_id.startswith("train/") for sample_id in ids(dataset, "val"))
    assert dataset.made_splits == ("val",)
    assert dataset.notes == ("No val split: 20 % of train (4 images) was set aside as val, stratified, seed 0.",)


def test_without_test_val_is_the_report_split_and_that_is_noted(root, put):
    for split in ("train", "val"):
        put(f"{split}/ants", 2)
        put(f"{split}/bees", 2)
    dataset = opened(root)
    assert dataset.report_split == "val"
    assert dataset.made_splits == ()
    assert "No test split: val serves as the report split" in dataset.notes[0]


def test_two_folders_for_one_split_are_refused(root, put):
    for split in ("train", "val", "validation"):
        put(f"{split}/ants", 1)
        put(f"{split}/bees", 1)
    with pytest.raises(DatasetInvalid, match=r"both 'val' and 'validation'.*Remove or rename one"):
        opened(root)


def test_splits_without_train_are_refused(root, put):
    put("val/ants", 1)
    put("test/ants", 1)
    with pytest.raises(DatasetInvalid, match="class folders in 'test', 'val', but none in a folder 'train'"):
        opened(root)


def test_a_class_may_have_the_name_train(root, put):
    put("train", 5)
    put("bus", 5)
    assert opened(root).classes == ("bus", "train")


def test_unlabelled_test_images_are_ignored_with_a_note(root, put):
    put("train/ants", 5)
    put("train/bees", 5)
    put("test", 3)
    dataset = opened(root)
    assert "test" in dataset.made_splits
    assert "Ignored, because they are in no class folder: 3 images, like test/0.png." in dataset.notes


def test_splits_without_labels_are_refused(root, put):
    put("train", 3)
    put("test", 3)
    with pytest.raises(DatasetInvalid, match=r"have no labels: 'test', 'train' hold no class folders\. Expected is"):
        opened(root)


def test_images_without_class_folders_are_refused_with_the_layout(root, put):
    put(".", 3)
    with pytest.raises(DatasetInvalid, match=r"in no class folder \(3, like '0.png'\). Expected is .*FOLDER/CLASS"):
        opened(root)


def test_an_empty_folder_is_refused_with_the_layout(root):
    with pytest.raises(DatasetInvalid, match=r"No images in .*FOLDER/train/CLASS/image.jpg.*JPEG, PNG"):
        opened(root)


def test_a_missing_folder_is_not_found(tmp_path):
    with pytest.raises(DatasetNotFound, match=r"There is no folder .*nowhere"):
        opened(tmp_path / "nowhere")


@pytest.mark.parametrize("count", [1, 3])
def test_one_class_is_refused(root, put, count):
    put("ants", count)
    with pytest.raises(DatasetInvalid, match=r"one class only, 'ants'.*add another class"):
        opened(root)


def test_a_class_that_train_lacks_is_refused_by_name(root, put):
    put("train/ants", 2)
    put("train/bees", 2)
    put("val/wasps", 2)
    (root / "train/wasps").mkdir()
    with pytest.raises(
        DatasetInvalid, match=r"val has images of 'wasps', but train has none. Add such images to train"
    ):
        opened(root)


def test_empty_classes_and_hidden_folders_do_not_shift_the_indices(root, put):
    put("train/bees", 2)
    put("train/cats", 2)
    put("train/.cache", 2)
    put("train/__MACOSX", 2)
    put("train/bees", ["._0.png"])
    (root / "train/ants").mkdir()
    dataset = opened(root)
    assert dataset.classes == ("bees", "cats")
    assert len(dataset.samples) == 4
    assert "Ignored, because there are no images in them: 'ants'." in dataset.notes


def test_a_class_without_val_images_is_noted(root, put):
    put("train/ants", 2)
    put("train/bees", 2)
    put("val/ants", 2)
    assert "No images in val of: 'bees'." in opened(root).notes


def test_an_unpacked_archive_is_entered_with_a_note(root, put):
    put("zip/set/train/ants", 4)
    put("zip/set/train/bees", 4)
    dataset = opened(root)
    assert dataset.samples[0].id.startswith("train/ants/")
    assert f"in {root / 'zip/set'}" in dataset.notes[0]
    assert dataset.name == "set"


def test_folders_within_a_class_belong_to_it(root, put):
    put("ants/red/small", 3)
    put("ants", ["x.png"])
    put("bees", 3)
    assert sum(sample.target == 0 for sample in opened(root).samples) == 4


def test_names_with_spaces_and_letters_of_any_script_are_read(root, put):
    put("Größe 1/ä b", ["naïve café.png", "日本 語.png"])
    put("Ωμέγα", ["x y.png", "%20.png"])
    dataset = opened(root)
    assert dataset.classes == ("Größe 1", "Ωμέγα")
    assert all(dataset.source.load(sample.id).shape == (3, 3, 4) for sample in dataset.samples)


def test_the_same_class_name_in_other_bytes_is_the_same_class(root, put):
    put("train/" + unicodedata.normalize("NFC", "é"), 2)
    put("train/z", 2)
    put("val/" + unicodedata.normalize("NFD", "é"), 2)
    assert opened(root).class_counts("val") == {"é": 2, "z": 0}


@pytest.mark.skipif(os.name == "nt", reason="Windows file names are Unicode")
def test_names_that_are_not_utf8_are_ignored_with_a_note(root, put):
    put("ants", 3)
    put("bees", 3)
    try:
        (root / "bees" / os.fsdecode(b"caf\xe9.png")).write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    dataset = opened(root)
    assert len(dataset.samples) == 6
    assert any("1 name that is not UTF-8" in note and "caf\\xe9.png" in note for note in dataset.notes)


def test_a_loop_of_links_ends(root, put):
    put("ants", 3)
    put("bees", 3)
    (root / "ants/again").symlink_to(root, target_is_directory=True)
    (root / "bees/self").symlink_to(root / "bees", target_is_directory=True)
    dataset = opened(root)
    assert len(dataset.samples) == 6
    assert "Not followed: 2 links to folders that are read already, like 'ants/again'." in dataset.notes


def test_a_link_out_of_its_class_does_not_file_other_classes_there(root, put, tmp_path):
    put("../real/ants", 3)
    put("../real/bees", 4)
    put("../real/cats", 5)
    for name in ("ants", "bees"):
        (root / name).symlink_to(tmp_path / "real" / name, target_is_directory=True)
    (tmp_path / "real/ants/loop").symlink_to("..", target_is_directory=True)
    dataset = opened(root)
    assert sum(map(len, (dataset.split(name) for name in ("train", "val", "test")))) == 7
    assert [sum(sample.target == index for sample in dataset.samples) for index in (0, 1)] == [3, 4]
    assert "Not followed: 1 link to folders that are read already, like 'ants/loop'." in dataset.notes


def test_a_linked_folder_is_read_at_its_real_place(root, put):
    put("train/ants", 4)
    put("train/bees", 4)
    put("val/bees", 2)
    (root / "train/all").symlink_to(root / "val/bees", target_is_directory=True)
    dataset = opened(root)
    assert dataset.classes == ("ants", "bees")
    assert dataset.class_counts("val") == {"ants": 0, "bees": 2}


def test_a_linked_class_folder_is_followed(root, put, tmp_path):
    put("ants", 3)
    put("../elsewhere", 3)
    (root / "bees").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert opened(root).classes == ("ants", "bees")


def test_a_link_to_nothing_is_a_sample_that_cannot_be_read(root, put):
    put("ants", 3)
    put("bees", 3)
    (root / "ants/gone.jpg").symlink_to(root / "nowhere.jpg")
    dataset = opened(root)
    assert "ants/gone.jpg" in [sample.id for sample in dataset.samples]
    with pytest.raises(UnreadableImage, match=r"^file not found$"):
        dataset.source.load("ants/gone.jpg")


def test_extensions_count_in_any_case(root, put):
    put("ants", ["a.JPG", "b.Jpeg", "c.jfif", "d.PNG"])
    put("bees", ["e.WebP", "f.tif"])
    (root / "bees/notes.txt").write_text("none")
    dataset = opened(root)
    assert len(dataset.samples) == 6
    assert "Not counted: 1 file that is no image, like bees/notes.txt." in dataset.notes


@pytest.mark.parametrize("ending", sorted(IMAGE_EXTENSIONS))
def test_every_ending_of_a_format_that_is_read_is_an_image(root, put, ending):
    put("ants", 2)
    put("bees", 2)
    (root / f"bees/x{ending.upper()}").touch()
    assert len(opened(root).samples) == 5


def test_images_whose_endings_say_nothing_are_known_by_their_first_bytes(root, put):
    for name in ("plain", "twitter.jpg_large", "photo.1", "page", "data.bin"):
        put("ants", ["x.png"])
        (root / "ants/x.png").rename(root / "ants" / name)
    (root / "ants/page").write_bytes(b"<html>")
    put("bees", 2)
    dataset = opened(root)
    assert sum(sample.target == 0 for sample in dataset.samples) == 4
    assert "Not counted: 1 file that is no image, like ants/page." in dataset.notes


def test_a_placeholder_of_a_web_site_is_no_image(root, put):
    put("ants", ["a.png", "b.png", "imageNotFound.gif"])
    put("bees", 2)
    dataset = opened(root)
    assert len(dataset.samples) == 4
    assert "Not counted: 1 file that is no image, like ants/imageNotFound.gif." in dataset.notes


def test_files_beside_the_split_folders_are_ignored_with_a_note(root, put):
    put("train/ants", 5)
    put("train/bees", 5)
    put("extras", 2)
    put(".", ["overview.png"])
    dataset = opened(root)
    assert dataset.classes == ("ants", "bees")
    assert "Ignored beside the split folders: 'extras/', 'overview.png' (3 images)." in dataset.notes


def test_one_image_per_class_is_too_little_to_set_any_aside(root, put):
    put("ants", 1)
    put("bees", 1)
    with pytest.raises(DatasetInvalid, match=r"Each class has one image only.*Add images"):
        opened(root)


def test_classes_of_two_images_get_no_test_split_and_that_is_noted(root, put):
    put("ants", 2)
    put("bees", 2)
    dataset = opened(root)
    assert dataset.made_splits == ("val",)
    assert dataset.report_split == "val"
    assert dataset.notes[0] == "No val split: 50 % of train (2 images) was set aside as val, stratified, seed 0."
    assert dataset.notes[1].startswith("No test split: val serves as the report split.")


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [
        ("training_set", "validation_set", "test_set"),
        ("train", "Valid", "test "),
        ("train_images", "dev", "testing"),
        ("Training Data", "val-data", "Test Data"),
        ("TrainSet", "ValSet", "hold-out"),
        ("train2017", "val2017", "test2017"),
        ("seg_train/seg_train", "seg_val/seg_val", "seg_test/seg_test"),
    ],
)
def test_split_folders_in_other_spellings_are_splits(root, put, train, val, test):
    for folder, count in ((train, 5), (val, 3), (test, 2)):
        put(f"{folder}/cats", count)
        put(f"{folder}/dogs", count)
    dataset = opened(root)
    assert dataset.classes == ("cats", "dogs")
    assert [len(dataset.split(name)) for name in ("train", "val", "test")] == [10, 6, 4]
    assert dataset.made_splits == ()


def test_split_folders_below_the_classes_are_splits(root, put):
    for name in ("cats", "dogs"):
        put(f"{name}/train", 5)
        put(f"{name}/Validation", 3)
    put("cats", ["loose.png"])
    dataset = opened(root)
    assert dataset.classes == ("cats", "dogs")
    assert [len(dataset.split(name)) for name in ("train", "val")] == [10, 6]
    assert "The split folders are below the class folders, as in cats/Validation." in dataset.notes
    assert "Ignored, because they are in no split folder: 1 image, like cats/loose.png." in dataset.notes


def test_split_folders_below_some_classes_only_are_refused(root, put):
    put("cats/train", 3)
    put("cats/test", 3)
    put("dogs", 3)
    with pytest.raises(DatasetInvalid, match=r"'cats' hold split folders \('test', 'train'\), and 'dogs' do not"):
        opened(root)


@pytest.mark.parametrize("folders", [("first", "second"), ("2019", "2020", "2021"), ("part A", "test")])
def test_folders_that_all_hold_the_same_folders_are_no_classes(root, put, folders):
    for folder in folders:
        put(f"{folder}/cats", 3)
        put(f"{folder}/dogs", 3)
    with pytest.raises(
        DatasetInvalid, match=r"not clear what the classes .* are: .* all hold the folders 'cats', 'dogs'"
    ):
        opened(root)


def test_two_datasets_beside_each_other_are_no_classes(root, put):
    for name in ("first", "second"):
        for split in ("train", "val"):
            put(f"{name}/{split}/ants", 2)
            put(f"{name}/{split}/bees", 2)
    with pytest.raises(
        DatasetInvalid, match=r"not clear what the classes .* 'first', 'second' all hold .* 'ants', 'bees'"
    ):
        opened(root)


def test_classes_that_share_one_inner_folder_or_hold_images_themselves_stay_classes(root, put):
    for name in ("ants", "bees"):
        put(f"{name}/images", 3)
    assert opened(root).classes == ("ants", "bees")
    for name in ("ants", "bees"):
        put(f"{name}/left", 3)
        put(f"{name}/right", 3)
        put(name, ["own.png"])
    assert opened(root).classes == ("ants", "bees")


def test_a_folder_beside_train_with_the_same_classes_is_pointed_out(root, put):
    for folder in ("train", "second round"):
        put(f"{folder}/cats", 4)
        put(f"{folder}/dogs", 4)
    assert (
        "Ignored beside the split folders: 'second round/' (8 images). "
        "'second round/' holds the same classes: name it val or test to use it." in opened(root).notes
    )


def test_numbers_are_ordered_by_value(root, put):
    for label in range(12):
        put(str(label), 2)
    assert opened(root).classes == tuple(map(str, range(12)))


def test_a_class_that_differs_in_case_is_pointed_out(root, put):
    put("train/Ants", 2)
    put("train/bees", 2)
    put("val/ants", 2)
    with pytest.raises(DatasetInvalid, match=r"'ants' and 'Ants' differ in case only: give them one spelling"):
        opened(root)


def test_names_of_screenshots_and_scripts_are_taken_and_control_characters_are_not(root, put):
    put("ants", ["Screenshot 10.32.07\u202fAM.png", "v\u00a010.png", "\U0001f469\u200d\U0001f33e.png"])
    put("\u06af\u0631\u0628\u0647\u200c\u0647\u0627", 3)
    put("ants", ["evil\u202egnp.png"])
    try:
        put("ants", ["a\nb.png"])
        (root / "ants/Icon\r").touch()
    except OSError:
        pytest.skip("this file system takes no control characters")
    dataset = opened(root)
    assert len(dataset.samples) == 6
    assert any("2 names that are not UTF-8 or hold control characters" in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["data/ants1.png", "data/ants2.png", "data/bees1.png", "data/bees2.png", "labels.json"], "FiftyOne"),
        (["images/Ants_1.png", "images/Ants_2.png", "images/Bees_1.png", "images/Bees_2.png"], r"\('Ants', 'Bees'\)"),
        (["train/cat.0.png", "train/cat.1.png", "train/dog.0.png", "train/dog.1.png"], r"\('cat', 'dog'\)"),
        (["images/train/1.png", "images/val/2.png", "labels/train/1.txt"], "YOLO"),
        (["images/1.png", "images/2.png", "annotations/1.xml"], "XML"),
        (["all/1.png", "all/2.png", "coco.json"], "JSON"),
    ],
)
def test_a_layout_of_another_tool_is_named(root, put, files, words):
    for name in files:
        if name.endswith(".png"):
            put(".", [name])
        else:
            (root / name).parent.mkdir(exist_ok=True, parents=True)
            (root / name).touch()
    with pytest.raises(DatasetInvalid, match=words):
        opened(root)


def test_more_classes_than_the_limit_are_refused(root, put, monkeypatch):
    monkeypatch.setattr(assemble, "MAX_CLASSES", 3)
    for name in "abcd":
        put(name, 2)
    with pytest.raises(DatasetInvalid, match=r"set has more than 3 classes"):
        opened(root)


@pytest.mark.parametrize(
    ("bound", "words"), [("MAX_ENTRIES", "More than 3 files below"), ("MAX_FOLDERS", "More than 3 folders below")]
)
def test_a_folder_beyond_a_limit_is_refused(root, put, monkeypatch, bound, words):
    monkeypatch.setattr(tree, bound, 3)
    for name in "abcd":
        put(name, 2)
    with pytest.raises(DatasetInvalid, match=words):
        opened(root)


def test_a_folder_that_is_too_deep_is_refused(root, put):
    put("/".join(["d"] * 40), 1)
    with pytest.raises(DatasetInvalid, match="more than 32 folders deep"):
        opened(root)
