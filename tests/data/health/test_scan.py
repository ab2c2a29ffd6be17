import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.dataset import Dataset, Sample
from tlcore.data.health import scan as scanning
from tlcore.data.health.scan import ScanProgress, channel_statistics, load_scan, scan
from tlcore.data.pixels.sources import ArraySource
from tlcore.system.cache import DiskCache
from tlcore.system.drive import drive


def finish(dataset: Dataset) -> tuple[pd.DataFrame, int]:
    """The table of a scan, and how many images it read."""
    read = 0

    def look(progress: ScanProgress) -> None:
        nonlocal read
        if progress.phase == "reading":
            read = progress.total
            assert 0 < progress.done <= progress.total
        assert progress.seconds_left >= 0

    return drive(scan(dataset), look), read


def opened(root) -> Dataset:
    return open_dataset(DataConfig(source=str(root)))


@pytest.fixture
def dataset(make_images) -> Dataset:
    return opened(make_images(train=6, val=3))


def test_the_table_has_a_row_per_sample_in_order_with_split_and_class(dataset):
    table, _ = finish(dataset)
    assert table["id"].tolist() == [sample.id for sample in dataset.samples]
    assert table["split"].tolist() == [sample.split for sample in dataset.samples]
    assert table["class"].tolist() == [dataset.classes[sample.target] for sample in dataset.samples]
    assert table["width"].tolist() == [40] * 18
    assert table["near_group"].tolist() == [-1] * 18
    assert "grey" not in table
    assert "stamp" not in table


def test_a_second_scan_reads_nothing_and_gives_the_same(dataset):
    first, read = finish(dataset)
    again, read_again = finish(opened(dataset.source.root))
    assert (read, read_again) == (18, 0)
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(load_scan(dataset), first)


def test_only_new_and_changed_images_are_read_again(dataset):
    before, _ = finish(dataset)
    root = dataset.source.root
    Image.new("RGB", (7, 9)).save(root / "train/blue/003.png")
    Image.new("RGB", (5, 5), "red").save(root / "train/blue/new.png")
    (root / "val/blue/001.png").unlink()
    changed = opened(root)
    assert load_scan(changed) is None
    table, read = finish(changed)
    assert read == 2
    assert table["id"].tolist() == [sample.id for sample in changed.samples]
    assert table.set_index("id")["width"][["train/blue/003.png", "train/blue/new.png"]].tolist() == [7, 5]
    kept = table["id"].isin(before["id"]) & (table["id"] != "train/blue/003.png")
    expected = before[before["id"].isin(table["id"][kept])]
    pd.testing.assert_frame_equal(table[kept].reset_index(drop=True), expected.reset_index(drop=True))
    assert table["hash"].dtype == np.uint64


def test_another_split_needs_no_new_scan(make_images):
    root = make_images(train=8) / "train"
    first, _ = finish(opened(root))
    table, read = finish(open_dataset(DataConfig(source=str(root), split_seed=7)))
    assert read == 0
    assert set(table["id"]) == set(first["id"])
    assert dict(zip(table["id"], table["split"], strict=True)) != dict(zip(first["id"], first["split"], strict=True))
    assert table.set_index("id")["digest"].to_dict() == first.set_index("id")["digest"].to_dict()


def test_a_part_of_the_images_needs_no_new_scan_and_leaves_the_whole_in_the_cache(dataset):
    root = dataset.source.root
    for name in ("train/blue/000.png", "val/green/002.png"):
        noise = np.random.default_rng(3).integers(0, 256, (7, 7, 3), dtype=np.uint8)
        image = Image.fromarray(noise).resize((90, 80), Image.Resampling.BICUBIC)
        image.point(lambda value, name=name: value * (0.9 if "val" in name else 1)).save(root / name)
    whole = opened(root)
    table, _ = finish(whole)
    assert (table["near_group"] >= 0).sum() == 2
    part = replace(whole, samples=tuple(sample for sample in whole.samples if sample.id != "val/green/002.png")[::-1])
    fewer, read = finish(part)
    assert read == 0
    assert fewer["id"].tolist() == [sample.id for sample in part.samples]
    assert (fewer["near_group"] == -1).all()
    pd.testing.assert_frame_equal(load_scan(whole), table)


def test_unreadable_images_are_found_and_left_out_of_the_statistics(dataset):
    whole, _ = finish(dataset)
    (dataset.source.root / "val/blue/001.png").write_bytes(b"nothing")
    table, _ = finish(opened(dataset.source.root))
    assert table.loc[table["reason"] != "", "id"].tolist() == ["val/blue/001.png"]
    expected = channel_statistics(whole[whole["id"] != "val/blue/001.png"])
    pd.testing.assert_frame_equal(channel_statistics(table), expected)


def test_channel_statistics_are_exact():
    pixels = np.random.default_rng(0).integers(0, 256, (10, 6, 7, 3), dtype=np.uint8)
    samples = tuple(Sample(f"a/{number}", number % 2, "train") for number in range(10))
    table, _ = finish(Dataset("arrays", ("x", "y"), samples, ArraySource({"a": pixels})))
    figures = channel_statistics(table)
    assert figures["channel"].tolist() == ["red", "green", "blue"]
    np.testing.assert_allclose(figures["mean"], (pixels / 255).mean((0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(figures["std"], (pixels / 255).std((0, 1, 2)), rtol=1e-12)


def test_near_duplicates_get_a_number_and_so_do_the_copies_of_one(dataset):
    root = dataset.source.root
    draw = np.random.default_rng(3)
    for number in range(30):
        blocks = draw.integers(0, 256, (7, 7, 3), dtype=np.uint8)
        image = Image.fromarray(blocks).resize((90, 80), Image.Resampling.BICUBIC)
        image.save(root / f"train/blue/scene{number}.png")
    image.save(root / "train/green/copy.png")
    image.point(lambda value: value * 0.9).save(root / "val/green/darker.png")
    table, _ = finish(opened(root))
    grouped = table.loc[table["near_group"] >= 0, "id"].tolist()
    assert grouped == ["train/blue/scene29.png", "train/green/copy.png", "val/green/darker.png"]
    assert table["near_group"].max() == 0


def test_images_of_one_colour_resemble_nothing(dataset):
    for number in range(3):
        Image.new("RGB", (30, 30), (number, 0, 0)).save(dataset.source.root / f"train/blue/dark{number}.png")
    table, _ = finish(opened(dataset.source.root))
    assert (table["near_group"] == -1).all()


def test_closing_a_scan_leaves_the_cache_as_it_was(dataset, home):
    work = scan(dataset)
    next(work)
    work.close()
    assert not list(home.rglob("*"))
    assert load_scan(dataset) is None


def test_a_damaged_cache_is_rebuilt(dataset, home):
    first, _ = finish(dataset)
    (path,) = home.rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:1000])
    table, read = finish(dataset)
    assert read == 18
    pd.testing.assert_frame_equal(table, first)


def test_a_cache_that_cannot_be_written_costs_time_only(dataset, home):
    home.write_text("in the way")
    assert finish(dataset)[1] == 18
    assert finish(dataset)[1] == 18


def test_the_oldest_tables_are_dropped(make_images, home, monkeypatch):
    monkeypatch.setattr(scanning, "_CACHE", DiskCache("scans", ".parquet", max_entries=2))
    for number in range(3):
        finish(opened(make_images(f"set{number}", train=2, val=1)))
        for age, path in enumerate(sorted(home.rglob("*.parquet"), key=os.path.getmtime, reverse=True), start=1):
            os.utime(path, (1e9 - age - number, 1e9 - age - number))
    assert len(list(home.rglob("*.parquet"))) == 2


def test_scanning_does_not_import_torch():
    modules = ", ".join(
        f"tlcore.data.{name}" for name in ("health.scan", "health.audit", "pixels.thumbnails", "intake.upload")
    )
    code = f"import sys, {modules}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "tlcore.data.health.scan" in loaded
    assert "torch" not in loaded
