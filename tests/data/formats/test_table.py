from pathlib import Path

import pytest

from tlcore.config import DataConfig
from tlcore.data.dataset import Dataset
from tlcore.data.formats import assemble, rows, table
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
def test_tables_in_many_formats_give_the_same_dataset(root, text, name):
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
        ("a/0.png,ant\na/0.png,bee\n", r"1 image has rows of different labels, like 'a/0.png' with 'ant' and 'bee'"),
        ("a/0.png,ant\na/1.png,bee,train\n", r"line 2: 3 columns instead of 2"),
        ("a/0.png\n", r"line 1: 1 columns and no header"),
        ("a/0.png,1,2,3\n", r"line 1: 4 columns and no header"),
        ("path,one,two\na/0.png,ant,x\n", r"line 1: the header has no label column. Name it one of: label, class"),
        ("path\na/0.png\n", r"line 1: the header has no label column"),
        ("thing,label\nx/0.png,ant\n", r"line 1: the header has no path column. Name it one of: path, file"),
        ("a/0.png,ant,trian\n", r"line 1: no split named 'trian'. Did you mean 'train'\?"),
        ("a/0.png,ant,train\na/1.png,bee,\n", r"line 2: some lines name a split and others do not"),
        ("a/0.png,ant,\na/1.png,bee,train\n", r"line 2: some lines name a split and others do not"),
        ("a/0.png,\na/1.png,nan\n", r"No row of .*t\.csv has a label"),
        ("a/0.png,ant\n,bee\n", r"line 2: the path is empty"),
        ("a/0.png,ant\nb\0.png,bee\n", r"line 2: .*NUL"),
        ("a/0.png,ant\nb/0.png,b\0ee\n", r"line 2: .*(NUL|control characters)"),
        ("a/0.png,ant\nb/0.png," + "x" * 200_000 + "\n", r"line 2: not a readable row \(field larger"),
        ("a/0.png,ant\nb/0.png," + "x" * 300 + "\n", r"line 2: the label is longer than 200"),
        ('a/0.png,ant\n"b/0.png,bee\n' + "c,d\n" * 50_000, r"not a readable row .* Is a quote left open\?"),
        ("", r"has no rows. Expected is a path and a label"),
        ("path,label\n", r"has no rows"),
        ("a/0.png,ant\na/1.png,ant\n", r"one class only, 'ant'"),
        (b"a/0.png,Gr\x81\n", r"is not UTF-8 text, nor text of Western Europe \(Windows-1252\)"),
        (b"a/0.png,Gr\xf6\0\n", r"is not UTF-8 text"),
        (b"\xff\xfea\0b", r"is not UTF-8 text"),
        ("a/0.png,ant\nb/0.png,b\u202eee\n", r"line 2: .*control characters"),
        (
            "path,label,is_valid\na/0.png,ant,perhaps\nb/0.png,bee,True\n",
            r"line 2: is_valid is 'perhaps'. Expected is True",
        ),
        ("path,ant,bee\na/0.png,1,1\nb/0.png,0,1\n", r"line 2: the image is marked as 'ant' and 'bee'.*multi-label"),
        ("a/0.png,clear|road\na/1.png,clear\n", r"a label like 'clear\|road' seems to be several.*multi-label"),
        ("a/0.png,a;b\na/1.png,a\nb/0.png,b\n", r"a label like 'a;b' seems to be several"),
        ("path,tags\na/0.png,haze road\na/1.png,haze\nb/0.png,road\n", r"a label like 'haze road' seems"),
    ],
)
def test_an_unusable_line_is_named(root, text, message):
    with pytest.raises(DatasetInvalid, match=message):
        opened(root, text)


def test_a_table_that_is_not_unicode_is_read_as_windows_1252_which_is_said(root):
    text = "path,label\na/0.png,Käfer\na/1.png,Käfer\nb/0.png,Biene €\nb/1.png,Biene €\n"
    dataset = opened(root, text.encode("cp1252"))
    assert dataset.classes == ("Biene €", "Käfer")
    assert "t.csv is not UTF-8. It was read as Windows-1252, the encoding of Western Europe" in dataset.notes[0]
    assert not [note for note in opened(root, text).notes if "Windows-1252" in note]


def test_a_missing_table_or_image_folder_is_not_found(root):
    with pytest.raises(DatasetNotFound, match=r"There is no table .*none\.csv"):
        open_table(root / "none.csv", DataConfig(source="none.csv"))
    with pytest.raises(DatasetNotFound, match=r"There is no image folder .*nowhere, which the paths in t\.csv"):
        opened(root, ROWS, images=str(root / "nowhere"))


def labels_of(dataset: Dataset) -> dict[str, str]:
    return {sample.id: dataset.classes[sample.target] for sample in dataset.samples}


EXPECTED = {"a/0.png": "ant", "a/1.png": "ant", "b/0.png": "bee", "b/1.png": "bee"}


@pytest.mark.parametrize(
    "header",
    [
        *("filenames,cats", "id,breed", "image_id,label", "img_path,label", "image_uri,label", "fname,labels"),
        *("Image Index,Finding Labels", "images,labels", "img,lbl", "Image,Label", "A,B"),
    ],
)
def test_a_first_row_that_is_no_image_names_the_columns(root, put, header):
    put("images", 1)  # a folder with the name of a column
    dataset = opened(root, f"{header}\n{ROWS}")
    assert labels_of(dataset) == EXPECTED


def test_a_first_row_whose_image_is_missing_is_no_header(root):
    assert len(opened(root, "a/gone.png,ant\n" + ROWS).samples) == 5
    assert len(opened(root, "gone,ant\n" + ROWS).samples) == 5


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (ROWS.replace(",", "|"), "t.csv"),
        (ROWS.replace(",", " "), "t.txt"),
        ("ant,a/0.png\nant,a/1.png\nbee,b/0.png\nbee,b/1.png\n", "t.csv"),
        ("label,path\nant,a/0.png\nant,a/1.png\nbee,b/0.png\nbee,b/1.png\n", "t.csv"),
        ("0,a/0.png,ant\n1,a/1.png,ant\n2,b/0.png,bee\n3,b/1.png,bee\n", "t.csv"),
        (",path,label\n0,a/0.png,ant\n1,a/1.png,ant\n2,b/0.png,bee\n3,b/1.png,bee\n", "t.csv"),
        (("path,label\n" + ROWS).encode("utf-16"), "t.csv"),
        (ROWS.replace(".png", ""), "t.csv"),
        (ROWS.replace(".png", ".PNG"), "t.csv"),
        ("filename, ant, bee\na/0.png, 1, 0\na/1.png, 1, 0\nb/0.png, 0, 1\nb/1.png, 0, 1\n", "_classes.csv"),
        ("image,ant,bee\na/0,1.0,0.0\na/1,1.0,0.0\nb/0,0.0,1.0\nb/1,0.0,1.0\n", "t.csv"),
    ],
)
def test_tables_of_other_tools_are_read(root, text, name):
    assert labels_of(opened(root, text, name)) == EXPECTED


def test_a_path_with_blanks_in_a_list_divided_by_blanks(root, put):
    put("a b", ["c d.png"])
    dataset = opened(root, "a b/c d.png 0\na/0.png 1\na/1.png 1\n", "t.txt")
    assert labels_of(dataset) == {"a b/c d.png": "0", "a/0.png": "1", "a/1.png": "1"}


def test_an_id_that_fits_two_files_is_missing(root, put):
    put("a", ["0.bmp"])
    dataset = opened(root, ROWS.replace(".png", ""))
    assert "In t.csv, but not there: 1 image, like 'a/0'." in dataset.notes
    assert any("t.csv writes 3 images otherwise than the files are called, like 'a/1'" in n for n in dataset.notes)


def test_numbers_with_a_point_are_ordered_by_value(root):
    assert opened(root, "a/0.png,10.0\na/1.png,9.0\nb/0.png,10.0\nb/1.png,9.0\n").classes == ("9.0", "10.0")


def test_an_is_valid_column_is_used_and_noted(root):
    text = ROWS.replace("0.png,ant", "0.png,ant,False").replace("1.png,ant", "1.png,ant,True")
    text = text.replace("0.png,bee", "0.png,bee,0").replace("1.png,bee", "1.png,bee,1")
    dataset = opened(root, "path,label,is_valid\n" + text)
    assert [sample.id for sample in dataset.split("val")] == ["a/1.png", "b/1.png"]
    assert dataset.made_splits == ()
    assert "Splits are taken from the column 'is_valid' (val) of t.csv." in dataset.notes


def test_columns_that_are_not_used_are_named(root):
    text = "".join(f"{row},{number},x\n" for number, row in enumerate(ROWS.split()))
    assert "Columns of t.csv that are not used: 'fold', 'site'." in opened(root, "path,label,fold,site\n" + text).notes


def test_a_column_of_another_name_that_holds_splits_is_the_split(root):
    text = "".join(f"{row},{split}\n" for row, split in zip(ROWS.split(), ["train", "valid"] * 2, strict=True))
    dataset = opened(root, "path,label,data set\n" + text)
    assert [sample.id for sample in dataset.split("val")] == ["a/1.png", "b/1.png"]


def test_rows_without_a_label_and_repeated_rows_are_left_out_and_listed(root):
    dataset = opened(root, "path,label\n" + ROWS + "a/2.png,\nb/2.png,nan\na/0.png,ant\n")
    assert labels_of(dataset) == EXPECTED
    assert "Left out of t.csv: 2 rows without a label (lines 6, 7)." in dataset.notes
    assert "Left out of t.csv: 1 row with an image that is in the table already (line 8)." in dataset.notes


def test_a_few_rows_that_cannot_be_read_are_left_out_and_many_refuse_the_table(root, put):
    put("c", 20)
    many = "".join(f"c/{number}.png,ant\n" for number in range(20))
    dataset = opened(root, ROWS + many + "a,b,c,d\n")
    assert "Left out of t.csv: 1 row that could not be read (line 25)." in dataset.notes
    with pytest.raises(DatasetInvalid, match=r"line 25: 4 columns instead of 2\. Quote cells"):
        opened(root, ROWS + many + "a,b,c,d\n" * 5)


def test_a_few_images_with_two_labels_are_left_out_and_listed(root, put):
    put("c", 30)
    many = "".join(f"c/{number}.png,ant\n" for number in range(30))
    dataset = opened(root, ROWS + many + "a/0.png,bee\n")
    assert "a/0.png" not in labels_of(dataset)
    assert "Left out: 1 image with several labels in t.csv, 'a/0.png'." in dataset.notes


@pytest.mark.parametrize(
    "labels",
    [["golden retriever", "labrador retriever"], ["ants, of the garden", "bees, of the garden"], ["a|b", "c|d"]],
)
def test_labels_of_several_words_are_labels(root, labels):
    assert opened(root, f'a/0.png;"{labels[0]}"\nb/0.png;"{labels[1]}"\na/1.png;"{labels[0]}"\n').classes == tuple(
        labels
    )


def test_persian_and_joined_emoji_are_labels(root):
    labels = ("\u06af\u0631\u0628\u0647\u200c\u0647\u0627", "\U0001f469\u200d\U0001f33e")
    assert opened(root, f"a/0.png,{labels[0]}\nb/0.png,{labels[1]}\na/1.png,{labels[0]}\n").classes == labels


def test_a_table_that_is_too_large_is_refused(root, monkeypatch):
    monkeypatch.setattr(rows, "MAX_ROWS", 2)
    with pytest.raises(DatasetInvalid, match=r"t\.csv has more than 2 rows"):
        opened(root, ROWS)
    monkeypatch.setattr(rows, "MAX_TABLE_BYTES", 10)
    with pytest.raises(DatasetInvalid, match=r"is larger than 0 MiB"):
        opened(root, ROWS)


def test_a_table_of_many_images_that_are_not_there_is_refused_early(root, monkeypatch):
    monkeypatch.setattr(table, "MAX_MISSING", 3)
    with pytest.raises(DatasetInvalid, match=r"None of the first 3 images in .*t\.csv exists: looked for 'x/0.png'"):
        opened(root, "".join(f"x/{number}.png,a\n" for number in range(9)))


def test_a_table_of_too_many_columns_is_refused(root, monkeypatch):
    monkeypatch.setattr(rows, "MAX_COLUMNS", 3)
    with pytest.raises(DatasetInvalid, match=r"line 1: more than 3 columns"):
        opened(root, "path,label,a,b\n")


def test_more_labels_than_the_limit_of_classes_are_refused(root, monkeypatch):
    monkeypatch.setattr(assemble, "MAX_CLASSES", 3)
    with pytest.raises(DatasetInvalid, match="more than 3 classes"):
        opened(root, "a/0.png,a\na/1.png,b\nb/0.png,c\nb/1.png,d\n")


def test_tables_of_other_splits_beside_it_are_named(root):
    (root / "val.csv").write_text(ROWS)
    said = "Tables of other splits beside it are not used: 'val.csv'. Give their folder to use all."
    assert said in opened(root, ROWS, "train.csv").notes
    assert said not in opened(root, ROWS, "labels.csv").notes
