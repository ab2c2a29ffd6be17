"""More photographs for a dataset under the home; those elsewhere stay as they are."""

import io
import shutil

import pytest
from PIL import Image

from tlcore.data.catalog import open_dataset
from tlcore.data.intake.additions import add_photographs, own_splits, remove_photograph
from tlcore.errors import DatasetInvalid
from tlcore.system.drive import drive


def photograph(colour: int, name: str = "new.png") -> tuple[str, io.BytesIO]:
    buffer = io.BytesIO()
    Image.new("RGB", (9, 7), (colour, 1, 2)).save(buffer, "PNG")
    return name, buffer


@pytest.fixture
def own(make_images, home):
    """`own(layout)`: the source of an own dataset of the classes blue and green, 4 images per split and class."""

    def make(layout: str) -> str:
        root = make_images(train=4, val=4, test=4)
        target = home / "datasets" / "colours"
        for path in sorted(root.rglob("*.png")):
            split, label, name = path.relative_to(root).parts
            inner = {
                "splits": f"{split}/{label}/{name}",
                "below": f"{label}/{split}/{name}",
                "filler": f"{split}/images/{label}/{name}",
                "classes": f"{label}/{split}-{name}",
                "named like a split": f"{split}/{ {'blue': 'train', 'green': 'bus'}[label] }/{name}",
            }[layout]
            (target / inner).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target / inner)
        return str(target)

    return make


@pytest.mark.parametrize(
    ("layout", "label", "split", "expected"),
    [
        ("splits", "blue", "train", "train/blue/new.png"),
        ("splits", "blue", "test", "test/blue/new.png"),
        ("splits", "red", "train", "train/red/new.png"),
        ("below", "blue", "val", "blue/val/new.png"),
        ("filler", "green", "test", "test/images/green/new.png"),
        ("filler", "red", "train", "train/images/red/new.png"),
        ("classes", "blue", "train", "blue/new.png"),
        ("classes", "red", "train", "red/new.png"),
        ("named like a split", "train", "train", "train/train/new.png"),
        ("named like a split", "train", "val", "val/train/new.png"),
        ("splits", "BLUE", "train", "train/blue/new.png"),
        ("splits", "../../x", "train", "train/x/new.png"),
    ],
)
def test_photographs_go_where_the_others_of_their_class_and_split_are(own, layout, label, split, expected):
    source = own(layout)
    before = open_dataset(source)
    taken = add_photographs(source, label, [photograph(9)], split)
    assert taken.names == (expected,)
    dataset = open_dataset(source)
    assert len(dataset.samples) == len(before.samples) + 1
    (sample,) = [sample for sample in dataset.samples if sample.id == expected]
    assert dataset.classes[sample.target] == expected.removesuffix("/new.png").replace(f"/{split}", "").split("/")[-1]
    if layout != "classes":
        assert sample.split == split
    remove_photograph(source, expected)
    assert open_dataset(source) == before


def test_splits_that_were_made_here_take_no_photographs(own):
    source = own("classes")
    assert own_splits(open_dataset(source)) == ("train",)
    with pytest.raises(DatasetInvalid, match=r"^colours has no test split of its own: train\.$"):
        add_photographs(source, "blue", [photograph(9)], "test")


def test_a_new_class_begins_in_train(own):
    source = own("splits")
    with pytest.raises(DatasetInvalid, match=r"^The class 'red' is new: begin it in train"):
        add_photographs(source, "red", [photograph(9)], "val")


def test_what_would_not_open_any_more_is_not_added(own):
    source = own("below")
    before = open_dataset(source)
    with pytest.raises(DatasetInvalid, match=r"^They cannot be added, .*'red' do not\. Lay all classes out alike"):
        add_photographs(source, "red", [photograph(9)])
    assert open_dataset(source) == before


def test_what_is_there_already_is_said_and_what_is_no_image_leaves_no_class_behind(own):
    source = own("splits")
    known = open_dataset(source).source.read("val/green/001.png")
    taken = add_photographs(source, "red", [("again.png", io.BytesIO(known)), ("a.txt", io.BytesIO(b"text"))])
    assert taken.names == ()
    assert taken.skipped[0].reason == "the same photograph as val/green/001.png, kept once"
    assert open_dataset(source).classes == ("blue", "green")


def test_a_dataset_from_a_table_gets_rows(home):
    from tlcore.data.intake.upload import stage_table

    rows = "".join(f'{n}.png,"{"ab"[n % 2]} , x",{"train" if n < 8 else "test"}\n' for n in range(12))
    table = io.BytesIO(b"path,label,split\n" + rows.encode())
    source = drive(stage_table(("t.csv", table), [photograph(n, f"{n}.png") for n in range(12)], "tabled")).accept()
    (home / "datasets/tabled/other").mkdir()
    before = open_dataset(source)
    taken = add_photographs(source, "a , x", [photograph(99)], "test")
    taken_new = add_photographs(source, "c", [photograph(98)])
    assert (taken.names, taken_new.names) == (("a , x/new.png",), ("c/new.png",))
    dataset = open_dataset(source)
    assert dataset.classes == ("a , x", "b , x", "c")
    assert len(dataset.split("test")) == len(before.split("test")) + 1
    for name in (*taken.names, *taken_new.names):
        remove_photograph(source, name)
    assert open_dataset(source).samples == before.samples


def test_files_elsewhere_are_never_added_to(colours):
    for source in (str(colours), "demo"):
        with pytest.raises(DatasetInvalid, match="are not the dashboard's own, so none is added to them"):
            add_photographs(source, "blue", [photograph(9)])
        with pytest.raises(DatasetInvalid, match="are not the dashboard's own"):
            remove_photograph(source, "train/blue/001.png")


def test_only_a_photograph_of_the_dataset_is_removed(own, tmp_path):
    source = own("splits")
    other = tmp_path / "other.png"
    other.write_bytes(b"x")
    remove_photograph(source, "../../../other.png")
    assert other.exists()
