import numpy as np
import pytest
from PIL import Image

from tlcore.data.catalog import open_dataset
from tlcore.data.edits import open_edits
from tlcore.data.formats.unlabelled import open_unlabelled
from tlcore.errors import NotPlaceable
from tlcore.evaluation import image_map
from tlcore.evaluation.image_map import map_images
from tlcore.evaluation.kept_layouts import load_layout, map_table
from tlcore.evaluation.layout import lay_out
from tlcore.system.drive import drive
from tlcore.training.inputs.whole import dataset_features


def map_of(config, **options):
    return drive(map_images(config, open_dataset(config.data), **options))


def test_every_image_has_a_place_and_the_layout_is_kept(configure, monkeypatch):
    first = map_of(configure())
    monkeypatch.setattr(image_map, "lay_out", lambda *_: pytest.fail("placed again"))
    again = map_of(configure())
    assert again.key == first.key
    assert len(first.placed.ids) == len(set(first.placed.ids)) == 74
    kept = load_layout(first.key)
    np.testing.assert_array_equal(kept.places_N2, first.placed.places_N2)
    assert kept.ids == first.placed.ids
    assert kept.variance == pytest.approx(first.placed.variance)


def test_edits_move_no_image_and_left_out_ones_are_not_in_the_table(configure, colours):
    before = map_of(configure())
    edits = open_edits(str(colours))
    edits.exclude(["train/blue/000.png"])
    edits.relabel(["train/blue/001.png"], "green")
    edits.move(["train/blue/002.png"], "test")
    after = map_of(configure())
    assert after.key == before.key
    table = map_table(open_dataset(str(colours)), after.placed).set_index("id")
    assert len(table) == 73
    assert table.loc["train/blue/001.png", "class"] == "green"
    assert table.loc["train/blue/002.png", "split"] == "test"
    places = dict(zip(before.placed.ids, before.placed.places_N2.tolist(), strict=True))
    assert [places[name] for name in table.index] == table[["x", "y"]].to_numpy().tolist()


def test_added_photographs_have_their_own_places_also_when_they_are_left_out_again(configure, colours, tmp_path):
    alone = dict(zip(*_ids_and_places(map_of(configure()).placed), strict=True))
    shots = tmp_path / "shots"
    shots.mkdir()
    Image.new("RGB", (40, 36), (250, 10, 10)).save(shots / "red.png")
    edits = open_edits(str(colours))
    edits.add({"red.png": "blue"}, open_unlabelled(str(shots)).source)
    dataset = open_dataset(str(colours))
    (added,) = {sample.id for sample in dataset.samples} - alone.keys()
    whole = map_of(configure())
    features = drive(dataset_features(configure(), dataset))
    expected = lay_out(features.values_ND).places_N2
    by_id = dict(zip(*_ids_and_places(whole.placed), strict=True))
    np.testing.assert_allclose([by_id[sample.id] for sample in features.samples], expected, atol=1e-4)
    edits.exclude([added])
    assert map_of(configure()).key == whole.key


def _ids_and_places(placed):
    return placed.ids, placed.places_N2.tolist()


def test_unreadable_images_have_no_place(configure, colours):
    (colours / "train/green/004.png").write_bytes(b"no image")
    placed = map_of(configure()).placed
    assert len(placed.ids) == 73
    assert "not an image" in placed.skipped["train/green/004.png"]


def test_another_seed_or_image_is_another_layout(configure, colours):
    first = map_of(configure())
    assert map_of(configure(seed=1)).key != first.key
    (colours / "train/blue/000.png").rename(colours / "train/blue/renamed.png")
    assert map_of(configure()).key != first.key


def test_a_network_that_does_not_tell_images_apart_gives_no_map(configure, colours):
    for path in colours.rglob("*.png"):
        Image.new("RGB", (40, 36)).save(path)
    with pytest.raises(NotPlaceable, match="All images have the same features"):
        map_of(configure())
