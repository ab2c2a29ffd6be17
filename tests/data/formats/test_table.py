from pathlib import Path

import pytest

from tlcore.config import DataConfig
from tlcore.data.dataset import Dataset
from tlcore.data.formats.table import open_table
from tlcore.data.pixels.digests import MISSING
from tlcore.errors import DatasetInvalid, DatasetNotFound, UnreadableImage

ROWS = "a/0.png,ant\na/1.png,ant\nb/0.png,bee\nb/1.png,bee\n"


@pytest.fixture(autouse=True)
def _images(put):
    put("a", 2)
    put("b", 2)


def opened(root: Path, text: str | bytes, name: str = "t.csv", **settings) -> Dataset:
    path = root / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return open_table(path, DataConfig(source=str(path), **settings))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (ROWS, "t.csv"),
        ("path,label\n" + ROWS, "t.csv"),
        ("Label;extra;Image\nant;1;a/0.png\nant;1;a/1.png\nbee;1;b/0.png\nbee;1;b/1.png\n", "t.csv"),
        (ROWS.replace(",", "\t"), "t.tsv"),
        (ROWS.replace(",", "\t"), "t.csv"),
        (ROWS.replace(",", ";"), "t.txt"),
        ("\ufeffpath,label\r\n" + ROWS.replace("\n", "\r\n") + "\r\n", "t.csv"),
        ('"a/0.png","ant"\n"a/1.png",ant\n ./b/0.png , bee\na\\..\\b\\1.png,bee', "t.csv"),
    ],
)
def test_tables_of_many_makes_give_the_same_dataset(root, text, name):
    dataset = opened(root, text, name)
    assert dataset.classes == ("ant", "bee")
    assert sorted(sample.id for sample in dataset.samples) == ["a/0.png", "a/1.png", "b/0.png", "b/1.png"]
    assert [sample.target for sample in sorted(dataset.samples, key=lambda sample: sample.id)] == [0, 0, 1, 1]
    assert all(dataset.source.load(sample.id).shape == (3, 3, 4) for sample in dataset.samples)


@pytest.mark.parametrize("header", ["path,label,split\n", ""])
def test_a_split_column_is_followed(root, header):
    dataset = opened(root, header + "a/0.png,ant,train\na/1.png,ant,Valid\nb/0.png,bee,training\nb/1.png,bee,test\n")
    assert [(sample.id, sample.split) for sample in dataset.samples] == [
        ("a/0.png", "train"),
        ("b/0.png", "train"),
        ("a/1.png", "val"),
        ("b/1.png", "test"),
    ]
    assert dataset.made_splits == ()


def test_integer_labels_are_ordered_by_value(root):
    assert opened(root, "a/0.png,10\na/1.png,9\nb/0.png,10\nb/1.png,9\n").classes == ("9", "10")


def test_images_may_lie_in_another_folder(root, tmp_path):
    tables = tmp_path / "tables"
    tables.mkdir()
    dataset = opened(tables, ROWS, images=str(root))
    assert dataset.source.load("a/0.png").shape == (3, 3, 4)


def test_an_absolute_path_inside_the_image_folder_is_taken_as_relative(root):
    dataset = opened(root, ROWS.replace("a/0.png", f"{root}/a/0.png"))
    assert "a/0.png" in [sample.id for sample in dataset.samples]


def test_a_missing_file_stays_listed_and_is_unreadable(root):
    dataset = opened(root, ROWS + "b/none.png,bee\n")
    assert len(dataset.samples) == 5
    with pytest.raises(UnreadableImage, match=r"^file not found$"):
        dataset.source.load("b/none.png")


def test_when_no_file_exists_the_error_names_one_and_the_folder(root):
    with pytest.raises(
        DatasetInvalid, match=r"None of the 2 images .* exists: looked for 'x/0.png' in .*set\. Set `im"
    ):
        opened(root, "x/0.png,ant\nx/1.png,bee\n")


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../secret.png", "a/../../secret.png", "..", "C:\\x.png", "..\\x.png", "//host/x.png", "."]
)
def test_a_path_out_of_the_image_folder_is_refused_with_its_line(root, path):
    with pytest.raises(DatasetInvalid, match=r"t\.csv, line 5: .* is outside of the image folder"):
        opened(root, ROWS + f"{path},ant\n")


def test_a_link_out_of_the_image_folder_is_not_followed(root, tmp_path, put):
    put("../secret", ["x.png"])
    (root / "a/link.png").symlink_to(tmp_path / "secret/x.png")
    (root / "dir").symlink_to(tmp_path / "secret", target_is_directory=True)
    dataset = opened(root, ROWS + "a/link.png,ant\ndir/x.png,bee\n")
    for name in ("a/link.png", "dir/x.png"):
        with pytest.raises(UnreadableImage, match="leads out of the image folder by a symbolic link"):
            dataset.source.load(name)
    assert dataset.source.digests(["a/link.png", "dir/x.png"]) == [MISSING, MISSING]
    assert dataset.source.digests(["a/0.png"]) != [MISSING]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a/0.png,ant\na/0.png,bee\n", r"line 2: 'a/0.png' is in line 1 already"),
        ("a/0.png,ant\n./a/0.png,ant\n", r"line 2: 'a/0.png' is in line 1 already"),
        ("a/0.png,ant\na/1.png,bee,train\n", r"line 2: 3 columns instead of 2"),
        ("a/0.png\n", r"line 1: 1 columns and no header"),
        ("a/0.png,1,2,3\n", r"line 1: 4 columns and no header"),
        ("path,breed\na/0.png,ant\n", r"line 1: the header has no label column. Name it one of: label, class"),
        ("thing,label\na/0.png,ant\n", r"line 1: the header has no path column. Name it one of: path, file"),
        ("a/0.png,ant,trian\n", r"line 1: no split named 'trian'. Did you mean 'train'\?"),
        ("a/0.png,ant,train\na/1.png,bee,\n", r"line 2: some lines name a split and others do not"),
        ("a/0.png,ant,\na/1.png,bee,train\n", r"line 2: some lines name a split and others do not"),
        ("a/0.png,ant\na/1.png,\n", r"line 2: the label is empty"),
        ("a/0.png,ant\n,bee\n", r"line 2: the path is empty"),
        ("a/0.png,ant\nb\0.png,bee\n", r"line 2: .*NUL"),
        ("a/0.png,ant\nb/0.png,b\0ee\n", r"line 2: .*(NUL|printable)"),
        ("a/0.png,ant\nb/0.png," + "x" * 200_000 + "\n", r"line 2: not a readable row \(field larger"),
        ("a/0.png,ant\nb/0.png," + "x" * 300 + "\n", r"line 2: the label is empty, longer than 200"),
        ('a/0.png,ant\n"b/0.png,bee\n' + "c,d\n" * 50_000, r"not a readable row .* Is a quote left open\?"),
        ("", r"has no rows. Expected is a path and a label"),
        ("path,label\n", r"has no rows"),
        ("a/0.png,ant\na/1.png,ant\n", r"one class only, 'ant'"),
        ("a/0.png,Größe\n".encode("latin-1"), r"is not UTF-8 text"),
        ("a/0.png,ant\n".encode("utf-16"), r"is not UTF-8 text"),
    ],
)
def test_an_unusable_line_is_named(root, text, message):
    with pytest.raises(DatasetInvalid, match=message):
        opened(root, text)


def test_a_missing_table_or_image_folder_is_not_found(root):
    with pytest.raises(DatasetNotFound, match=r"There is no table .*none\.csv"):
        open_table(root / "none.csv", DataConfig(source="none.csv"))
    with pytest.raises(DatasetNotFound, match=r"There is no image folder .*nowhere, which the paths in t\.csv"):
        opened(root, ROWS, images=str(root / "nowhere"))
