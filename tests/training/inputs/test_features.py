import os
from dataclasses import replace

import pytest
import torch
from PIL import Image
from torch import nn

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.errors import ConfigError, DatasetInvalid
from tlcore.models.build import build_model
from tlcore.models.engines import choose
from tlcore.models.zoo import find_architecture
from tlcore.system.device import choose_device
from tlcore.system.drive import drive
from tlcore.training.distributed import Processes
from tlcore.training.events import Progress
from tlcore.training.inputs.feature_store import load_rows, save_rows
from tlcore.training.inputs.features import FeatureRequest, Trunk, compute_features, is_cached, load_or_compute
from tlcore.transforms.spec import CenterCrop, RandomResizedCrop, Resize, TransformSpec

FIXED = TransformSpec(operations=(Resize(size=32), CenterCrop(size=32)))
RANDOM = TransformSpec(operations=(RandomResizedCrop(size=32),))


@pytest.fixture
def trunk():
    model = build_model("small_cnn", "none", 2, seed=0).eval()
    return Trunk(model, find_architecture("small_cnn"), choose_device("cpu", "fp32"))


@pytest.fixture
def request_for(colours):
    def make(transform=FIXED, views=1, seed=0):
        dataset = open_dataset(DataConfig(source=str(colours)))
        return FeatureRequest(dataset, dataset.split("train"), transform, views, seed)

    return make


def compute(request, trunk):
    """The features, and whether they had to be computed."""
    told: list[Progress] = []
    return drive(load_or_compute(request, trunk, 0, Processes()), told.append), bool(told)


def test_features_are_what_the_head_of_the_whole_network_gets(request_for, trunk):
    request = request_for()
    features, _ = compute(request, trunk)
    image = request.transform.build()(request.dataset.source.load(request.samples[5].id))[None]
    torch.testing.assert_close(features.values_VND[0, 5], trunk.forward(image)[0])
    assert features.positions == tuple(range(42))


def test_features_are_found_again_by_another_process_of_the_same_content(request_for, trunk):
    first, computed_first = compute(request_for(), trunk)
    second, computed_second = compute(request_for(), trunk)
    assert (computed_first, computed_second) == (True, False)
    assert torch.equal(first.values_VND, second.values_VND)


def test_a_pixel_a_weight_or_a_transform_makes_a_new_entry(request_for, trunk, colours):
    compute(request_for(), trunk)
    assert compute(request_for(FIXED.model_copy(update={"mean": (0.5, 0.5, 0.5)})), trunk)[1]
    with torch.no_grad():
        next(trunk.model.parameters())[0, 0, 0, 0] += 1e-3
    assert compute(request_for(), trunk)[1]
    path = colours / "train/blue/000.png"
    image, stamp = Image.open(path).convert("RGB"), os.stat(path)
    image.putpixel((3, 3), (0, 0, 0))
    image.save(path)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert compute(request_for(), trunk)[1]


def test_a_batchnorm_statistic_of_the_trunk_counts_as_a_weight_and_the_head_does_not(request_for, trunk):
    compute(request_for(), trunk)
    torch.nn.init.zeros_(trunk.model.get_submodule("classifier.1").weight)
    assert not compute(request_for(), trunk)[1]
    statistic = next(value for name, value in trunk.model.named_buffers() if name.endswith("running_mean"))
    statistic += 0.01
    assert compute(request_for(), trunk)[1]


def test_the_seed_of_the_views_counts_where_views_are_random_and_only_there(request_for, trunk):
    first, _ = compute(request_for(RANDOM, views=3, seed=1), trunk)
    second, computed = compute(request_for(RANDOM, views=3, seed=2), trunk)
    assert computed
    assert first.values_VND.shape[:2] == (3, 42)
    assert not torch.equal(first.values_VND, second.values_VND)
    assert not torch.equal(first.values_VND[0], first.values_VND[1])
    compute(request_for(FIXED, seed=1), trunk)
    assert not compute(request_for(FIXED, seed=2), trunk)[1]


def test_unreadable_images_are_left_out_with_their_reason_also_from_the_cache(request_for, trunk, colours):
    (colours / "train/green/004.png").write_bytes(b"no image")
    for expected in (True, False):
        features, computed = compute(request_for(), trunk)
        assert computed is expected
        assert [image.id for image in features.skipped] == ["train/green/004.png"]
        assert "not an image" in features.skipped[0].reason
        assert len(features.positions) == features.values_VND.shape[1] == 41
        assert 25 not in features.positions


def test_a_split_without_one_readable_image_is_an_error(request_for, trunk, colours):
    for path in colours.glob("train/*/*"):
        path.write_bytes(b"no image")
    with pytest.raises(DatasetInvalid, match=r"Not one of 42 images can be read; train/blue/000.png: not an image"):
        compute(request_for(), trunk)


def test_a_damaged_entry_is_computed_again(request_for, trunk, home):
    features, _ = compute(request_for(), trunk)
    (entry,) = (home / "cache/features").iterdir()
    entry.write_bytes(entry.read_bytes()[:1000])
    again, computed = compute(request_for(), trunk)
    assert computed
    assert torch.equal(features.values_VND, again.values_VND)


def test_a_cache_that_cannot_be_written_costs_time_only(request_for, trunk, home):
    home.write_text("in the way")
    features, computed = compute(request_for(), trunk)
    again, computed_again = compute(request_for(), trunk)
    assert computed
    assert computed_again
    assert torch.equal(features.values_VND, again.values_VND)


def test_a_full_disk_costs_time_only(request_for, trunk, home, monkeypatch):
    def full(content, file):
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0")

    monkeypatch.setattr(torch, "save", full)
    features, _ = compute(request_for(), trunk)
    assert len(features.positions) > 0
    assert not list((home / "cache/features").iterdir())


def test_the_cache_drops_the_least_recently_used_entry(request_for, trunk, home, monkeypatch):
    compute(request_for(), trunk)
    (oldest,) = (home / "cache/features").iterdir()
    size = oldest.stat().st_size
    monkeypatch.setenv("TLCORE_CACHE_GB", str(2.5 * size / 1e9))
    compute(request_for(RANDOM, seed=1), trunk)
    (second,) = set((home / "cache/features").iterdir()) - {oldest}
    os.utime(oldest, (1, 1))
    os.utime(second, (2, 2))
    compute(request_for(), trunk)  # used again, so it is now the more recently used
    compute(request_for(RANDOM, seed=2), trunk)
    kept = set((home / "cache/features").iterdir())
    assert oldest in kept
    assert second not in kept
    assert len(kept) == 2


def test_a_cache_bound_that_is_no_number_is_an_error(request_for, trunk, monkeypatch):
    monkeypatch.setenv("TLCORE_CACHE_GB", "lots")
    with pytest.raises(ConfigError, match="TLCORE_CACHE_GB is a number of gigabytes, not 'lots'"):
        compute(request_for(), trunk)


@pytest.mark.parametrize("backbone", ["small_cnn", "squeezenet1_1"])
def test_the_size_of_a_feature_is_known_before_it_is_computed(backbone):
    model = build_model(backbone, "none", 2, seed=0).eval()
    trunk = Trunk(model, find_architecture(backbone), choose_device("cpu", "fp32"))
    feature = trunk.forward(torch.zeros(1, 3, 32, 32))
    assert trunk.bytes_per_view(FIXED) == feature.nbytes


def test_features_say_which_engine_computed_them_also_from_the_cache(request_for, trunk):
    for expected in (True, False):
        features, computed = compute(request_for(), trunk)
        assert computed is expected
        assert features.engine == "PyTorch with folded BatchNorm, fp32"


def every_pass_is_long_enough(monkeypatch):
    monkeypatch.setattr(choose, "CONVERT_S", 0.0)
    monkeypatch.setattr(choose, "OPEN_S", 0.0)


def test_features_of_another_engine_are_another_entry(request_for, trunk, monkeypatch):
    def convert(network: nn.Module, images_NCHW: torch.Tensor, key: str, threads: int) -> object:
        def run(images: torch.Tensor) -> torch.Tensor:
            with torch.inference_mode():
                return network(images) + 1e-7  # a session's last digits differ

        return run

    in_torch, _ = compute(request_for(), trunk)
    every_pass_is_long_enough(monkeypatch)
    monkeypatch.setattr(choose, "convert", convert)
    monkeypatch.setattr(choose, "_seconds", lambda run, images: 1.0 if "convert" in repr(run) else 2.0)
    told: list[Progress] = []
    in_onnx = drive(load_or_compute(request_for(), trunk, 0, Processes()), told.append)
    assert in_onnx.engine == "ONNX Runtime, fp32"
    assert told[0].phase == "convert"
    assert not torch.equal(in_onnx.values_VND, in_torch.values_VND)
    torch.testing.assert_close(in_onnx.values_VND, in_torch.values_VND, rtol=0, atol=1e-5)
    again, computed = compute(request_for(), trunk)
    assert not computed
    assert torch.equal(again.values_VND, in_onnx.values_VND)


def compute_only(request, trunk):
    """A fresh computation, with nothing kept."""
    return drive(compute_features(request, trunk, 0, Processes()))


def test_a_smaller_split_another_order_and_other_labels_compute_no_image_again(request_for, trunk):
    whole = request_for()
    compute(whole, trunk)
    for samples in (
        whole.samples[:30] + whole.samples[31:],
        whole.samples[::-1],
        [replace(sample, target=1 - sample.target) for sample in whole.samples],
        [replace(sample, split="val") for sample in whole.samples[10:20]],
    ):
        part = replace(whole, samples=samples)
        assert is_cached(part, trunk)
        features, computed = compute(part, trunk)
        assert not computed
        assert torch.equal(features.values_VND, compute_only(part, trunk).values_VND)


@pytest.mark.parametrize(("transform", "views"), [(FIXED, 1), (RANDOM, 3)])
def test_only_new_images_are_computed_and_the_bits_are_those_of_a_pass_over_all(request_for, trunk, transform, views):
    whole = request_for(transform, views)
    compute(replace(whole, samples=whole.samples[:10]), trunk)
    compute(replace(whole, samples=whole.samples[12:37]), trunk)
    assert not is_cached(whole, trunk)
    told: list[Progress] = []
    features = drive(load_or_compute(whole, trunk, 0, Processes()), told.append)
    assert told[-1].total == told[-1].done == 7
    assert torch.equal(features.values_VND, compute_only(whole, trunk).values_VND)
    assert is_cached(whole, trunk)


def test_a_renamed_image_keeps_its_features_where_views_are_not_random(request_for, trunk, colours):
    compute(request_for(), trunk)
    compute(request_for(RANDOM), trunk)
    (colours / "train/blue/000.png").rename(colours / "train/blue/renamed.png")
    assert not compute(request_for(), trunk)[1]
    told: list[Progress] = []
    drive(load_or_compute(request_for(RANDOM), trunk, 0, Processes()), told.append)
    assert told[-1].total == 1  # its augmentation is drawn from its name


def test_images_of_the_same_content_are_computed_once(request_for, trunk, colours):
    (colours / "train/blue/001.png").write_bytes((colours / "train/blue/000.png").read_bytes())
    told: list[Progress] = []
    features = drive(load_or_compute(request_for(), trunk, 0, Processes()), told.append)
    assert told[-1].total == 41
    assert len(features.positions) == 42
    assert torch.equal(features.values_VND[0, 0], features.values_VND[0, 1])


def test_an_unreadable_image_is_remembered_beside_any_other_images(request_for, trunk, colours):
    (colours / "train/green/004.png").write_bytes(b"no image")
    whole = request_for()
    compute(whole, trunk)
    part = replace(whole, samples=whole.samples[20:])
    features, computed = compute(part, trunk)
    assert not computed
    assert [image.id for image in features.skipped] == ["train/green/004.png"]
    assert features.positions == (*range(5), *range(6, 22))
    with pytest.raises(DatasetInvalid, match=r"Not one of 1 images can be read; train/green/004.png: not an image"):
        compute(replace(whole, samples=whole.samples[25:26]), trunk)


def test_a_missing_file_is_no_other_missing_file(request_for, trunk, colours):
    whole = request_for()
    for name in ("000", "001"):
        (colours / f"train/blue/{name}.png").unlink()
    features, _ = compute(whole, trunk)
    assert {image.id: image.reason for image in features.skipped} == {
        "train/blue/000.png": "file not found",
        "train/blue/001.png": "file not found",
    }
    assert not compute(whole, trunk)[1]


def test_rows_of_another_engine_are_not_mixed_in_when_the_first_batch_changes_the_engine(
    request_for, trunk, monkeypatch
):
    whole = request_for()
    part = replace(whole, samples=whole.samples[:20])
    compute(part, trunk)
    torch_family = part.family(trunk)
    every_pass_is_long_enough(monkeypatch)
    onnx_family = part.family(trunk)
    assert onnx_family != torch_family
    wrong = load_rows(torch_family, part.row_keys())
    save_rows(onnx_family, replace(wrong, values_VND=wrong.values_VND + 1, engine="ONNX Runtime, fp32"))

    def refuse(network, images_NCHW, key, threads):
        raise RuntimeError("unsupported")

    monkeypatch.setattr(choose, "convert", refuse)
    features, _ = compute(whole, trunk)
    assert torch.equal(features.values_VND, compute_only(whole, trunk).values_VND)
    assert not compute(whole, trunk)[1]
