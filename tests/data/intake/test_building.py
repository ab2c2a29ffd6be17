"""A dataset built of single photographs: what is stored, what is refused, and that a half-made one stays."""

import io

import pytest
from PIL import Image

from tlcore.data.catalog import open_dataset
from tlcore.data.intake.building import Draft, find_draft, list_drafts, new_draft, remove_stale_drafts
from tlcore.data.intake.library import list_sources
from tlcore.data.intake.photographs import check_photograph
from tlcore.errors import DatasetInvalid, DatasetNotFound, StorageError, UnreadableImage


def picture(colour: int = 0, kind: str = "PNG") -> io.BytesIO:
    buffer = io.BytesIO()
    Image.new("RGB", (6, 5), (colour, 3 * colour % 256, 200)).save(buffer, kind)
    return buffer


def pictures(number: int, first: int = 0) -> list[tuple[str, io.BytesIO]]:
    return [("photo.png", picture(first + colour)) for colour in range(number)]


@pytest.fixture
def draft() -> Draft:
    made = new_draft("my insects")
    for first, name in enumerate(("bees", "ants")):
        made.add(made.add_class(name), pictures(3, 10 * first))
    return made


def test_a_finished_one_is_a_dataset_of_class_folders(draft, home):
    assert list_sources() == ["demo"]
    source = draft.finish()
    assert source == str(home / "datasets" / "my insects")
    assert list_sources() == ["demo", source]
    dataset = open_dataset(source)
    assert dataset.classes == ("ants", "bees")
    assert sorted(sample.id for sample in dataset.samples)[:3] == [
        "ants/photo-2.png",
        "ants/photo-3.png",
        "ants/photo.png",
    ]
    assert dataset.split_names == ("train", "val", "test")
    assert list(home.glob("datasets/.*")) == []


def test_a_half_made_one_stays_until_it_is_finished_or_discarded(draft):
    (again,) = list_drafts()
    assert (again, again.name, again.counts) == (draft, "my insects", {"ants": 3, "bees": 3})
    again.add("ants", pictures(2, 50))
    assert find_draft(draft.key).counts == {"ants": 5, "bees": 3}
    draft.discard()
    assert list_drafts() == []


@pytest.mark.parametrize("key", ["", "..", "../../etc", "0" * 15, "g" * 16, "0" * 16])
def test_a_key_from_outside_opens_no_other_folder(draft, key):
    assert find_draft(key) is None


def test_identical_photographs_are_kept_once_and_said(draft):
    taken = draft.add("ants", [("again.png", picture(11)), ("bee.png", picture(1)), ("new.png", picture(99))])
    assert taken.names == ("new.png",)
    assert [(image.id, image.reason) for image in taken.skipped] == [
        ("again.png", "the same photograph as ants/photo-2.png, kept once"),
        ("bee.png", "the same photograph as bees/photo-2.png, kept once"),
    ]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.jpg", b"text", "not an image, by its first bytes"),
        ("a.jpg", b"", "empty"),
        ("a.png", picture().getvalue()[:50], "truncated"),
    ],
)
def test_what_is_no_image_is_refused(draft, name, data, reason):
    taken = draft.add("ants", [(name, io.BytesIO(data))])
    assert taken.names == ()
    assert reason in taken.skipped[0].reason
    assert draft.counts["ants"] == 3


def test_a_file_too_large_is_refused():
    from tlcore.data.intake.archive import Limits

    with pytest.raises(UnreadableImage, match="^too large: more than 20 B$"):
        check_photograph("a.png", picture(), Limits(file_bytes=20))


def test_a_full_disk_is_said(draft):
    from tlcore.data.intake.archive import Limits

    with pytest.raises(StorageError, match=r"^The disk is almost full: .* must stay free\. Make room first\.$"):
        draft.add("ants", pictures(1, 70), Limits(free_bytes=1 << 60))
    assert draft.counts["ants"] == 3


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../evil.png", "evil.png"),
        ("C:\\photos\\a.png", "a.png"),
        (".hidden.png", "hidden.png"),
        ("no ending", "no ending.png"),
        ("program.exe", "program.exe.png"),
        ("imagenotfound.gif", "_imagenotfound.gif"),
        ("con.png", "_con.png"),
        ("a\u202egnp.exe", "agnp.exe.png"),
        ("", "image.png"),
    ],
)
def test_the_name_of_a_file_never_becomes_a_path(draft, home, name, stored):
    assert draft.add("ants", [(name, picture(77))]).names == (stored,)
    assert (draft.images / "ants" / stored).read_bytes() == picture(77).getvalue()


def test_classes_are_called_as_they_were_named():
    made = new_draft()
    names = ['it\'s "quoted"', "\U0001f469\u200d\U0001f33e", "../a/b", ".hidden", "a\u202eb", "__MACOSX", "$x^2$ <b>"]
    stored = [made.add_class(name) for name in names]
    assert stored == [
        "it's _quoted_",
        "\U0001f469\u200d\U0001f33e",
        "a_b",
        "hidden",
        "ab",
        "___MACOSX",
        "$x^2$ _b_",
    ]
    assert made.add_class("HIDDEN") == "hidden"
    with pytest.raises(DatasetInvalid, match=r"^A class needs a name, such as ants\.$"):
        made.add_class(" ../ ")


def test_what_is_lacking_is_one_sentence(draft):
    assert new_draft().lacking() == "A classifier tells classes apart: name two classes."
    draft.remove("ants", "photo.png")
    assert draft.lacking().startswith("Still needed: 1 more of 'ants'. Each class takes 3 photographs at least")
    with pytest.raises(DatasetInvalid, match=r"^Still needed: 1 more of 'ants'\."):
        draft.finish()
    draft.remove_class("ants")
    assert draft.lacking() == "A classifier tells classes apart: name a second class."


def test_classes_that_are_all_named_like_splits_are_refused(home):
    made = new_draft("x")
    for first, name in enumerate(("train", "test")):
        made.add(made.add_class(name), pictures(3, 10 * first))
    with pytest.raises(DatasetInvalid, match=r"^The images in x have no labels: 'test', 'train' hold no class folders"):
        made.finish()
    assert made.counts == {"test": 3, "train": 3}


def test_a_dataset_called_like_a_split_does_not_hide_the_others(draft):
    draft.rename("test")
    source = draft.finish()
    assert source.endswith("test photographs")
    assert list_sources() == ["demo", source]


def test_two_tabs_finish_it_once(draft):
    other = find_draft(draft.key)
    draft.finish()
    for change in (other.finish, lambda: other.add_class("x"), lambda: other.rename("x")):
        with pytest.raises(DatasetNotFound, match="finished or discarded in another tab"):
            change()
    with pytest.raises(DatasetNotFound, match=r"^The class 'ants' is gone"):
        other.add("ants", pictures(1))
    assert list_drafts() == []


def test_an_unknown_class_is_no_path(draft, home):
    for label in ("..", "../..", "x"):
        with pytest.raises(DatasetNotFound, match="is gone"):
            draft.add(label, pictures(1))


def test_stale_ones_can_be_removed(draft):
    remove_stale_drafts(older_than_s=3600)
    assert list_drafts() == [draft]
    remove_stale_drafts(older_than_s=-1)
    assert list_drafts() == []
