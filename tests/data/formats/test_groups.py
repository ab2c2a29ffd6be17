from collections import defaultdict

import numpy as np
import pytest
from PIL import Image

from tlcore.config import ConfigError, DataConfig, parse_config
from tlcore.data.catalog import open_dataset
from tlcore.data.dataset import Dataset


def opened(source, groups="none", **settings) -> Dataset:
    return open_dataset(DataConfig(source=str(source), groups=groups, **settings))


def straddling(dataset: Dataset) -> set[str]:
    splits = defaultdict(set)
    for sample in dataset.samples:
        splits[sample.group].add(sample.split)
    return {group for group, found in splits.items() if group and len(found) > 1}


@pytest.fixture
def table(root, put):
    """Builds a table of 24 images per class, four of each of twelve patients."""

    def write(column: str = "patient_id", **changes: str):
        lines = [f"path,label,site,{column}"]
        for label in ("ill", "well"):
            put(label, 24)
            lines += [
                f"{label}/{n}.png,{label},{'north' if n % 2 else 'south'},P{n // 4 % 6}-{label}" for n in range(24)
            ]
        path = root / "table.csv"
        path.write_text("\n".join(lines))
        return path

    return write


def test_a_column_for_groups_is_found_by_its_name_and_keeps_images_together(table):
    path = table()
    dataset = opened(path, "column")
    assert straddling(dataset) == set()
    assert {sample.group for sample in dataset.samples} == {f"P{n}-{c}" for n in range(6) for c in ("ill", "well")}
    assert dataset.group_columns == ("patient_id", "site")
    assert "in groups by the column 'patient_id', seed 0" in " ".join(dataset.notes)
    assert "12 groups of 4 images stay together." in dataset.notes


def test_splits_that_are_not_grouped_are_as_before_and_the_column_is_pointed_out(table):
    path = table()
    dataset = opened(path)
    plain = opened(table("unknown"))
    assert [(s.id, s.split) for s in dataset.samples] == [(s.id, s.split) for s in plain.samples]
    assert straddling(dataset)
    assert any("The column 'patient_id' may say which images belong together" in note for note in dataset.notes)
    assert {sample.group for sample in plain.samples} == {""}


def test_any_column_can_be_named(table):
    dataset = opened(table("Herd No"), "column:herd no")
    assert straddling(dataset) == set()
    assert "the column 'Herd No'" in " ".join(dataset.notes)
    assert len({sample.group for sample in opened(table(), "column:site").samples}) == 2


def test_a_column_that_is_not_there_is_an_error_that_lists_those_there_are(table, dataset):
    with pytest.raises(ConfigError, match=r"has no column 'herd'\. Give one as column:NAME; it has 'Cow', 'site'\."):
        opened(table("Cow"), "column:herd")
    with pytest.raises(ConfigError, match="no column whose name says which images belong together"):
        opened(table("Cow"), "column")
    with pytest.raises(ConfigError, match=r"has no table with a column .* a pattern of file names such as \{group\}_"):
        opened(dataset.source.root, "column")


def test_a_table_inside_a_folder_brings_its_groups_too(table, root):
    path = table()
    for label in ("ill", "well"):
        for image in (root / label).iterdir():
            image.rename(root / f"{label}-{image.name}")
        (root / label).rmdir()
    path.write_text(path.read_text().replace("ill/", "ill-").replace("well/", "well-"))
    dataset = opened(root, "column:patient_id")
    assert straddling(dataset) == set()
    assert len(dataset.split("val"))


def test_a_pattern_of_file_names_keeps_images_together(root, put):
    for label in ("ants", "bees"):
        put(label, [f"{label}{video}_{frame:02d}.png" for video in range(8) for frame in range(5)])
        put(label, ["alone.png"])
    dataset = opened(root, "{group}_*")
    assert straddling(dataset) == set()
    assert {sample.group for sample in dataset.samples if sample.id.startswith("ants/ants3_")} == {"ants3"}
    assert "in groups by file names like '{group}_*', seed 0" in " ".join(dataset.notes)
    assert "2 images do not fit '{group}_*', like 'ants/alone.png': each is by itself." in dataset.notes


def test_a_pattern_that_fits_no_name_is_an_error(dataset):
    with pytest.raises(ConfigError, match=r"No image of set fits the pattern 'video\{group\}_\*'.* 'ants/0.png'"):
        opened(dataset.source.root, "video{group}_*")


def test_what_is_nearly_the_same_stays_together(root):
    draw = np.random.default_rng(0)
    for label in ("day", "night"):
        (root / label).mkdir()
        for scene in range(8):
            blocks = draw.integers(0, 256, (7, 7, 3), dtype=np.uint8)
            image = Image.fromarray(blocks).resize((90, 80), Image.Resampling.BICUBIC)
            for shot in range(3):
                image.point(lambda value, shot=shot: value * (1 - 0.05 * shot)).save(
                    root / label / f"{scene}{shot}.png"
                )
    dataset = opened(root, "similar")
    assert straddling(dataset) == set()
    assert {s.group for s in dataset.samples if s.id.startswith("day/3")} == {"day/30.png"}
    assert "16 groups of 3 images stay together." in dataset.notes
    assert len(dataset.split("val")) == len(dataset.split("test")) == 6


def test_groups_of_given_splits_are_known_too(root, put):
    for split in ("train", "val", "test"):
        for label in ("ants", "bees"):
            put(f"{split}/{label}", [f"{label}_{number}.png" for number in range(3)])
    dataset = opened(root, "{group}_*")
    assert dataset.made_splits == ()
    assert straddling(dataset) == {"ants", "bees"}


def test_groups_that_given_splits_do_not_have_change_nothing(make_images):
    root = make_images(train=4, val=2, test=2)
    plain = opened(root)
    for groups in ("column", "column:herd", "video{group}_*", "similar"):
        assert opened(root, groups) == plain


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("animal", r"data.groups: it is one of none, similar, column and column:NAME, or a pattern"),
        ("column:", "data.groups: after column: comes the name of a column"),
        ("{group}*", "data.groups: between two of {group} and"),
    ],
)
def test_what_is_no_way_to_group_is_refused(groups, message):
    with pytest.raises(ConfigError, match=message):
        parse_config({"data": {"groups": groups}})
