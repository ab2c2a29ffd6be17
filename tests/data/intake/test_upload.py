import io
import os
import zipfile

import pytest
from PIL import Image

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.intake import upload
from tlcore.data.intake.library import list_sources
from tlcore.data.intake.upload import stage_archive, stage_table, summarise
from tlcore.errors import DataError, DatasetInvalid
from tlcore.system.drive import drive


def picture(colour: int = 0) -> io.BytesIO:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), (colour, 0, 0)).save(buffer, "PNG")
    return buffer


def packed(*names: str, **texts: str) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for number, name in enumerate(names):
            made.writestr(name, picture(number).getvalue())
        for name, text in texts.items():
            made.writestr(name.replace("__", "/") + ".csv", text)
    return buffer


def folders(top: str = "") -> list[str]:
    return [f"{top}{name}/{number}.png" for name in ("ants", "bees") for number in range(4)]


def left_behind(home) -> list[str]:
    return [path.name for path in home.rglob("*")] if home.exists() else []


def test_an_archive_is_described_before_it_is_taken_in(home):
    staged = drive(stage_archive(packed(*folders("insects/"), "insects/readme.txt"), "My insects.zip"))
    assert staged.summary.classes == ("ants", "bees")
    assert staged.summary.images == 8
    assert staged.summary.counts["train"] == {"ants": 2, "bees": 2}
    assert [(image.id, image.reason) for image in staged.summary.skipped] == [
        ("insects/readme.txt", "not an image or a table, by its ending")
    ]
    assert any("set aside" in note for note in staged.summary.notes)
    assert list_sources() == ["demo"]
    source = staged.accept()
    assert source == str(home / "datasets/My insects.zip")
    assert list_sources() == ["demo", source]
    assert len(open_dataset(DataConfig(source=source)).samples) == 8
    assert (home / "datasets/My insects.zip/ants/0.png").exists()
    assert not (home / "datasets/.incoming").exists()


def test_splits_of_the_archive_are_kept():
    names = [f"{split}/{name}/{split}.png" for split in ("train", "val", "test") for name in ("a", "b")]
    assert set(drive(stage_archive(packed(*names), "x")).summary.counts) == {"train", "val", "test"}


def test_discarding_leaves_nothing_behind(home):
    drive(stage_archive(packed(*folders()), "x")).discard()
    assert list_sources() == ["demo"]
    assert not [name for name in left_behind(home) if name.endswith(".png")]


def test_half_an_upload_leaves_nothing_behind(home):
    work = stage_archive(packed(*folders()), "x")
    next(work)
    next(work)
    assert "0.png" in left_behind(home)
    work.close()
    assert left_behind(home) == ["datasets"]


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (packed("../1.png", "a/../../2.png"), "leads out"),
        (packed("only/1.png", "only/2.png"), "one class only"),
        (packed("one/a/1.png", "one/a/2.png"), "one class only"),
        (packed("1.png", "2.png"), "x are in no class folder"),
        (io.BytesIO(b"no zip"), "not a zip file"),
    ],
)
def test_a_refused_archive_leaves_nothing_behind_and_tells_no_paths_of_the_server(home, archive, words):
    with pytest.raises(DatasetInvalid) as caught:
        drive(stage_archive(archive, "x"))
    assert words in str(caught.value)
    assert str(home) not in str(caught.value)
    assert left_behind(home) == ["datasets"]


def test_a_name_that_is_taken_gets_a_number(home):
    sources = [drive(stage_archive(packed(*folders()), name)).accept() for name in ("x", "X", "demo", "../x")]
    assert [os.path.basename(source) for source in sources] == ["x", "X-2", "demo-2", "x-3"]


def test_two_uploads_with_one_name_do_not_overwrite_each_other(home, monkeypatch):
    first, second = (drive(stage_archive(packed(*folders()), "x")) for _ in range(2))
    taken = first.accept()
    names = iter(["x", "x-2"])
    monkeypatch.setattr(upload, "free_name", lambda name: next(names))  # another upload took the first name
    assert second.accept() == f"{taken}-2"


def test_a_table_in_the_archive_says_the_classes(home):
    names = [f"data/pictures/{number}.png" for number in range(8)]
    table = "image,label\n" + "".join(f"{number}.png,{'odd' if number % 2 else 'even'}\n" for number in range(9))
    staged = drive(stage_archive(packed(*names, data__labels=table), "numbers"))
    assert staged.summary.classes == ("even", "odd")
    assert [(image.id, image.reason) for image in staged.summary.skipped] == [
        ("8.png", "in the table, but not uploaded")
    ]
    source = staged.accept()
    assert source == str(home / "datasets/numbers/numbers.csv")
    dataset = open_dataset(DataConfig(source=source))
    assert (dataset.name, len(dataset.samples)) == ("numbers", 9)
    assert list_sources() == ["demo", source]


def test_a_table_of_something_else_does_not_hide_the_class_folders():
    table = "name,likes\nants,sugar\nbees,nectar\n"
    assert drive(stage_archive(packed(*folders("top/"), top__facts=table), "x")).summary.classes == ("ants", "bees")


def test_a_table_and_images_can_be_uploaded_one_by_one(home):
    table = io.BytesIO(b"".join(b"%d.png,%s\n" % (number, b"ab"[number % 2 : number % 2 + 1]) for number in range(6)))
    images = [(f"{number}.png", picture(number)) for number in range(6)]
    staged = drive(stage_table(("labels.csv", table), images, "one by one"))
    assert staged.summary.classes == ("a", "b")
    assert len(open_dataset(DataConfig(source=staged.accept())).samples) == 6


def test_a_table_without_its_images_says_what_is_missing(home):
    with pytest.raises(
        DatasetInvalid, match=r"^labels.csv names none of the images that are there: looked for '1.png'."
    ):
        drive(stage_table(("labels.csv", io.BytesIO(b"1.png,a\n2.png,b\n")), [("3.png", picture())], "x"))
    assert left_behind(home) == ["datasets"]


def test_left_out_files_are_noted_whenever_the_dataset_is_opened(home):
    staged = drive(stage_archive(packed(*folders("insects/"), "insects/readme.txt", "insects/con/1.png"), "x"))
    said = (
        "Changed: 1 name that is not possible everywhere or taken already. 'con' is '_con'.",
        "Left out when it was taken in: 1 file, like 'insects/readme.txt' (not an image or a table, by its ending).",
    )
    assert staged.summary.notes[-2:] == said
    assert open_dataset(DataConfig(source=staged.accept())).notes[-2:] == said


def test_tables_of_each_split_become_one_that_says_where_it_comes_from(home):
    names = [f"{split}/{number}.png" for split in ("train", "test") for number in range(6)]
    table = "file_name,label\n" + "".join(f"{number}.png,{'ab'[number % 2]}\n" for number in range(6))
    predictions = "path,label\n" + "".join(f"train/{number}.png,wrong\n" for number in range(6))
    archive = packed(*names, "test/loose.png", train__metadata=table, test__metadata=table, a_predictions=predictions)
    staged = drive(stage_archive(archive, "x"))
    assert staged.summary.counts["test"] == {"a": 3, "b": 3}
    source = staged.accept()
    assert list_sources() == ["demo", source]
    dataset = open_dataset(DataConfig(source=source))
    assert len(dataset.split("test")) == 6
    assert "Labels come from 'test/metadata.csv', 'train/metadata.csv': 12 images." in dataset.notes
    assert "Tables that are not used: 'a_predictions.csv'." in dataset.notes
    assert any("no label for them: 1 image, like test/loose.png" in note for note in dataset.notes)


def test_a_table_in_an_archive_reaches_no_file_outside(home, tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(picture().getvalue())
    table = f"path,label\n{secret},a\n../../secret.png,b\n" + "".join(f"{n}.png,{'ab'[n % 2]}\n" for n in range(4))
    staged = drive(stage_archive(packed(*(f"{n}.png" for n in range(4)), labels=table), "x"))
    dataset = open_dataset(DataConfig(source=staged.accept()))
    assert sorted(sample.id for sample in dataset.samples) == ["0.png", "1.png", "2.png", "3.png"]


def test_images_uploaded_beside_a_table_lie_in_no_folder():
    table = io.BytesIO(b"".join(b"images/%d.png,%s\n" % (number, b"ab"[number % 2 :][:1]) for number in range(4)))
    staged = drive(stage_table(("labels.csv", table), [(f"{n}.png", picture(n)) for n in range(4)], "x"))
    assert staged.summary.classes == ("a", "b")


def test_unreadable_images_are_named_and_do_not_count():
    buffer = packed(*folders())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("ants/noise.jpg", b"no image at all")
        archive.writestr("bees/cut.png", picture().getvalue()[:40])
    summary = drive(stage_archive(buffer, "x")).summary
    assert summary.images == 8
    assert sum(counts["ants"] for counts in summary.counts.values()) == 4
    assert [image.id for image in summary.unreadable] == ["ants/noise.jpg", "bees/cut.png"]
    assert summary.unreadable[0].reason.startswith("not an image, or damaged in its first bytes")
    assert summary.all_looked_at


def test_images_whose_files_are_not_there_are_named_once_and_do_not_count():
    rows = "".join(f"{number}.png,{'ab'[number % 2]}\n" for number in range(8))
    staged = drive(stage_archive(packed(*[f"{number}.png" for number in range(6)], labels=f"path,label\n{rows}"), "x"))
    assert staged.summary.images == 6
    assert staged.summary.unreadable == ()
    missing = {image.id for image in staged.summary.skipped if "not uploaded" in image.reason}
    assert missing == {"6.png", "7.png"}


def test_without_time_the_images_are_counted_unseen(make_images):
    dataset = open_dataset(DataConfig(source=str(make_images("data", train=3))))
    summary = summarise(dataset, budget_s=0)
    assert summary.looked_at == 0
    assert not summary.all_looked_at
    assert summary.images == len(dataset.samples)


def test_what_a_dead_process_left_behind_is_removed(home):
    stale = home / "datasets/.incoming/999999999-abc"
    stale.mkdir(parents=True)
    kept = drive(stage_archive(packed(*folders()), "kept"))
    drive(stage_archive(packed(*folders()), "x"))
    assert not stale.exists()
    assert kept.source.exists()


def test_a_home_that_cannot_be_written_says_so(home):
    home.write_text("in the way")
    with pytest.raises(DataError, match="Nothing can be written to"):
        drive(stage_archive(packed(*folders()), "x"))
