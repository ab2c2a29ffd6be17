from pathlib import Path

import pytest

from tlcore.config import DataConfig
from tlcore.data.dataset import Dataset
from tlcore.data.formats.tables import is_table_name, open_place
from tlcore.errors import DatasetInvalid


def opened(root: Path, **settings) -> Dataset:
    return open_place(root, DataConfig(source=str(root)), **settings)


def labels_of(dataset: Dataset) -> dict[str, str]:
    return {sample.id: dataset.classes[sample.target] for sample in dataset.samples}


def rows(images: int, form: str = "{n}.png,{label}", first: int = 0) -> str:
    return "".join(form.format(n=n, label=("ant", "bee")[n % 2]) + "\n" for n in range(first, first + images))


def test_a_metadata_table_per_split_are_all_used(root, put):
    for split, first, images in (("train", 0, 10), ("test", 20, 4)):
        put(split, [f"{number}.png" for number in range(first, first + images)])
        (root / split / "metadata.csv").write_text("file_name,label\n" + rows(images, first=first))
    dataset = opened(root)
    assert dataset.classes == ("ant", "bee")
    assert len(dataset.split("test")) == 4
    assert len(dataset.split("train")) + len(dataset.split("val")) == 10
    assert dataset.notes[0] == "Labels come from 'test/metadata.csv', 'train/metadata.csv': 14 images."


def test_one_hot_tables_of_each_split_are_all_used(root, put):
    for split, first, images in (("train", 0, 8), ("valid", 20, 4), ("test", 40, 4)):
        put(split, [f"{number}.png" for number in range(first, first + images)])
        text = "".join(f"{n}.png, {int(n % 2 == 0)}, {int(n % 2 == 1)}\n" for n in range(first, first + images))
        (root / split / "_classes.csv").write_text("filename, ant, bee\n" + text)
    dataset = opened(root)
    assert [len(dataset.split(split)) for split in ("train", "val", "test")] == [8, 4, 4]
    assert labels_of(dataset)["valid/21.png"] == "bee"


@pytest.mark.parametrize("other", ["predictions.csv", "a_submission.csv", "results.csv", "sample_submission.csv"])
def test_a_table_of_predictions_does_not_win(root, put, other):
    put("train", 10)
    (root / "train.csv").write_text("filename,label\n" + rows(10))
    (root / other).write_text("path,label\n" + rows(10, "train/{n}.png,wrong"))
    dataset = opened(root)
    assert dataset.classes == ("ant", "bee")
    assert dataset.notes[:2] == (
        "Labels come from 'train.csv': 10 images.",
        f"Tables that are not used: {other!r}.",
    )


def test_the_table_with_the_most_images_wins_regardless_of_its_name(root, put):
    put("train", 10)
    put("test", ["t0.png"])
    (root / "classes.csv").write_text("class,name\n0,ants\n1,bees")
    (root / "extra.csv").write_text("filename,label\n" + rows(2))
    (root / "sample_submission.csv").write_text("filename,label\nt0.png,ant")
    (root / "test.csv").write_text("filename\nt0.png")
    (root / "the_list.csv").write_text("image_id,breed\n" + rows(10, "{n},{label}"))
    dataset = opened(root)
    assert len(dataset.samples) == 10
    assert "Labels come from 'the_list.csv': 10 images." in dataset.notes
    unused = "Tables that are not used: 'classes.csv', 'extra.csv', 'sample_submission.csv', 'test.csv'."
    assert any(note.startswith(unused) for note in dataset.notes)
    assert "Left out, because the table has no label for them: 1 image, like test/t0.png." in dataset.notes


def test_ids_are_found_in_the_folder_that_the_table_is_named_after(root, put):
    put("train", 6)
    put("test", 6)  # with the same names
    (root / "train_labels.csv").write_text("id,label\n" + rows(6, "{n},{label}"))
    assert set(labels_of(opened(root))) == {f"train/{number}.png" for number in range(6)}


def test_images_spread_over_folders_are_found_by_their_names(root, put):
    put("part_1", ["0.png", "1.png", "2.png"])
    put("part_2", ["3.png", "4.png", "5.png"])
    (root / "metadata.csv").write_text("image_id,dx\n" + rows(6, "{n},{label}"))
    dataset = opened(root, prefer_tables=True)
    assert dataset.classes == ("ant", "bee")
    assert "The class folders ('part_1', 'part_2') are not used: the table says otherwise." in dataset.notes


def test_class_folders_win_over_a_table_by_path_and_the_contradiction_is_noted(root, put):
    put("part_1", ["0.png", "1.png", "2.png"])
    put("part_2", ["3.png", "4.png", "5.png"])
    (root / "metadata.csv").write_text("image_id,dx\n" + rows(6, "{n},{label}"))
    dataset = opened(root)
    assert dataset.classes == ("part_1", "part_2")
    assert any("'metadata.csv' labels 6 images otherwise than the class folders do" in note for note in dataset.notes)


def test_a_table_that_says_the_same_as_the_folders_is_named_as_not_used(root, put):
    put("ants", ["0.png", "1.png", "2.png"])
    put("bees", ["3.png", "4.png", "5.png"])
    (root / "labels.csv").write_text("path,label\n" + "".join(f"{n}.png,{n // 3}\n" for n in range(6)))
    dataset = opened(root, prefer_tables=True)
    assert dataset.classes == ("ants", "bees")
    assert "Tables that are not used, because the class folders are: 'labels.csv'." in dataset.notes


def test_two_tables_that_contradict_each_other_are_refused(root, put):
    put("images", 6)
    (root / "anna.csv").write_text("path,label\n" + rows(6))
    (root / "bert.csv").write_text("path,label\n" + rows(6).replace("ant", "x").replace("bee", "ant"))
    with pytest.raises(DatasetInvalid, match=r"anna.csv and bert.csv label the same images, 6 of them differently"):
        opened(root)


def test_the_error_about_the_layout_names_unusable_tables(root, put):
    put("images", 4)
    (root / "facts.csv").write_text("name,likes\nants,sugar\n")
    with pytest.raises(
        DatasetInvalid, match=r"one class only, 'images'.* Its tables do not help: facts.csv names none"
    ):
        opened(root)


def test_lists_of_a_split_each_are_used(root, put):
    put("images", 12)
    (root / "train.txt").write_text(rows(8, "images/{n}.png {label}"))
    (root / "val.txt").write_text(rows(4, "images/{n}.png {label}", first=8))
    dataset = opened(root)
    assert [len(dataset.split(split)) for split in ("train", "val")] == [8, 4]


def test_text_files_are_tables_only_if_their_name_says_so():
    assert all(map(is_table_name, ["a/x.csv", "x.TSV", "train.txt", "labels.txt"]))
    assert not any(map(is_table_name, ["readme.txt", "labels/1.txt", "x.json"]))
