import logging
import pickle
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.support.networks import images_for, network_with_statistics
from tlcore.models.digest import state_digest
from tlcore.models.engines import choose, converted
from tlcore.models.engines.choose import Runner
from tlcore.models.engines.part import Part
from tlcore.models.zoo import find_architecture
from tlcore.system.device import choose_device

ARCHITECTURE = find_architecture("small_cnn")
LONG, SHORT = 10**9, 10
EXPORT = converted.export_onnx
_EXPORTED: dict[str, bytes] = {}


@pytest.fixture(autouse=True)
def each_network_is_exported_once(monkeypatch):
    """An export takes seconds, so the tests share those of equal networks."""

    def remembered(network: nn.Module, images_NCHW: Tensor) -> bytes:
        key = f"{type(network).__name__} {state_digest(network.state_dict())}"
        if key not in _EXPORTED:
            _EXPORTED[key] = EXPORT(network, images_NCHW)
        return _EXPORTED[key]

    monkeypatch.setattr(converted, "export_onnx", remembered)


@pytest.fixture
def part():
    return Part(network_with_statistics("small_cnn"), ARCHITECTURE, "logits")


@pytest.fixture
def images():
    return images_for(ARCHITECTURE, 5)


@pytest.fixture
def onnx_is_faster(monkeypatch):
    _timings(monkeypatch, torch_s=2.0, onnx_s=1.0)


def _timings(monkeypatch, torch_s, onnx_s):
    def seconds(run, images_NCHW):
        return onnx_s if isinstance(run, converted.Session | _Wrong) else torch_s

    monkeypatch.setattr(choose, "_seconds", seconds)


class _Wrong:
    """Stands for a session that gives other results."""

    def __call__(self, images_NCHW: Tensor) -> Tensor:
        return torch.arange(3.0).repeat(len(images_NCHW), 1)


def runner(part: Part, images: int = LONG, precision: str = "fp32", **options: int) -> Runner:
    return Runner(part, choose_device("cpu", precision), images, **options)


def entries(home: Path, name: str = "onnx") -> list[Path]:
    folder = home / "cache" / name
    return sorted(folder.iterdir()) if folder.exists() else []


def images_that_gain(seconds: float, part: Part) -> int:
    """The least number of images in fp32 for which ONNX Runtime is expected to save this time."""
    runner(part, SHORT).engine((64, 64))
    known = choose.load_measured(choose.speed_key(part.structure(), choose_device("cpu", "fp32"), (64, 64)))
    assert known.estimated_s is not None
    return int(seconds / choose.GAIN["fp32"] / known.estimated_s) + 1


def no_conversion(*arguments):
    raise AssertionError("a network was converted")


def test_a_long_pass_runs_in_onnx_runtime_and_gives_what_torch_gives(part, images, home, onnx_is_faster):
    run = runner(part)
    with torch.inference_mode():
        expected = part.model(images)
    assert run.converts(images)
    found = run(images)
    assert run.words == "ONNX Runtime, fp32"
    assert run.engine((64, 64)) == "onnxruntime"
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4 * float(expected.max() - expected.min()))
    assert run(images[:2]).shape == (2, 3)
    assert len(entries(home)) == 1


def test_the_engine_is_the_same_under_the_autocast_of_a_training_step(part, images):
    expected = runner(part, SHORT)(images)
    with torch.autocast("cpu", torch.bfloat16):
        run = runner(part, SHORT)
        assert torch.equal(run(images), expected)


def test_features_run_in_onnx_runtime_too(part, images, onnx_is_faster):
    features = Part(part.model, ARCHITECTURE, "features")
    run = runner(features)
    with torch.inference_mode():
        torch.testing.assert_close(run(images), features(images), rtol=0, atol=1e-4)
    assert run.words == "ONNX Runtime, fp32"


def test_a_batch_that_is_not_full_is_filled_up_only_where_its_results_depend_on_that(part, onnx_is_faster, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    many = images_for(ARCHITECTURE, 4 * converted.PART)
    in_onnx, in_torch = runner(part), runner(part, SHORT)
    whole = in_onnx(many)
    in_torch(many)
    fewest = in_onnx.fewest(converted.PART + 1, usual=len(many))
    assert (fewest, in_torch.fewest(converted.PART + 1, usual=len(many))) == (2 * converted.PART, len(many))
    assert torch.equal(in_onnx(many[:fewest]), whole[:fewest])


def test_a_short_pass_is_not_converted(part, images, home, monkeypatch):
    monkeypatch.setattr(choose, "convert", no_conversion)
    run = runner(part, SHORT)
    assert not run.converts(images)
    with torch.inference_mode():
        torch.testing.assert_close(run(images), part.model(images))
    assert run.words == "PyTorch with folded BatchNorm, fp32"
    assert not entries(home)


def test_the_length_that_pays_is_shorter_for_a_network_that_is_used_again_and_longer_with_bf16(part):
    pays = images_that_gain(choose.CONVERT_S, part)
    assert runner(part, pays).engine((64, 64)) == "onnxruntime"
    assert runner(part, pays // 2).engine((64, 64)) == "torch"
    assert runner(part, pays // 2, passes=3).engine((64, 64)) == "onnxruntime"
    assert runner(part, pays, "bf16").engine((64, 64)) == "torch"


def test_processes_that_share_a_pass_use_torch(part):
    assert runner(part, processes=2).engine((64, 64)) == "torch"


def test_the_faster_engine_is_used_and_remembered(part, images, monkeypatch):
    _timings(monkeypatch, torch_s=1.0, onnx_s=2.0)
    run = runner(part, precision="bf16")
    run(images)
    assert run.words == "PyTorch with folded BatchNorm, bf16"
    _timings(monkeypatch, torch_s=2.0, onnx_s=1.0)
    monkeypatch.setattr(choose, "convert", no_conversion)
    again = runner(part, precision="bf16")
    assert again.engine((64, 64)) == "torch"
    assert torch.equal(again(images), run(images))


def test_a_network_whose_results_disagree_runs_in_torch_from_then_on(part, images, monkeypatch, onnx_is_faster, caplog):
    monkeypatch.setattr(choose, "convert", lambda *arguments: _Wrong())
    run = runner(part)
    with caplog.at_level(logging.WARNING), torch.inference_mode():
        torch.testing.assert_close(run(images), part.model(images))
    assert run.words == "PyTorch with folded BatchNorm, fp32 (ONNX Runtime gives other results)"
    assert "small_cnn runs in PyTorch: ONNX Runtime gives other results." in caplog.text
    monkeypatch.setattr(choose, "convert", no_conversion)
    again = runner(part)
    assert again.engine((64, 64)) == "torch"
    again(images)
    with torch.no_grad():
        part.model.get_parameter("classifier.1.weight").add_(1.0)
    assert runner(part).engine((64, 64)) == "onnxruntime"  # the verdict was about other values


def test_a_network_that_cannot_be_exported_runs_in_torch(part, images, monkeypatch, home):
    def fails(*arguments, **options):
        raise torch.onnx.errors.OnnxExporterError("no such operator")

    monkeypatch.setattr(torch.onnx, "export", fails)
    monkeypatch.setattr(converted, "export_onnx", EXPORT)
    run = runner(part)
    assert run(images).shape == (5, 3)
    assert "it cannot be converted for ONNX Runtime: OnnxExporterError" in run.words
    assert not entries(home)


def test_a_converted_network_is_found_by_its_values(part, images, home, monkeypatch, onnx_is_faster):
    first = runner(part)(images)
    (entry,) = entries(home)
    with monkeypatch.context() as patch:
        patch.setattr(choose, "convert", no_conversion)
        same = Part(pickle.loads(pickle.dumps(part.model)), ARCHITECTURE, "logits")
        assert not runner(same).converts(images)
        assert torch.equal(runner(same)(images), first)
    with torch.no_grad():
        part.model.get_parameter("classifier.1.weight").mul_(2.0)
    changed = runner(part)
    assert changed.converts(images)
    assert not torch.allclose(changed(images), first)
    assert entry in entries(home)
    assert len(entries(home)) == 2


def test_a_kept_network_serves_passes_that_are_too_short_for_a_conversion(part, images, monkeypatch, onnx_is_faster):
    short = images_that_gain(choose.CONVERT_S, part) // 2
    assert runner(part, short).engine((64, 64)) == "torch"
    expected = runner(part)(images)
    monkeypatch.setattr(choose, "convert", no_conversion)
    run = runner(part, short)
    assert torch.equal(run(images), expected)
    assert run.words == "ONNX Runtime, fp32"
    too_short_to_open_it = images_that_gain(choose.OPEN_S, part) // 2
    assert runner(part, too_short_to_open_it).engine((64, 64)) == "torch"


@pytest.mark.parametrize("damage", ["cut", "changed", "another network's"])
def test_a_damaged_or_foreign_converted_network_is_replaced(damage, part, images, home, onnx_is_faster):
    expected = runner(part)(images)
    (entry,) = entries(home)
    content = entry.read_bytes()
    if damage == "another network's":
        other = Part(network_with_statistics("small_cnn", classes=2), ARCHITECTURE, "logits")
        runner(other)(images)
        (theirs,) = set(entries(home)) - {entry}
        entry.write_bytes(theirs.read_bytes())
    else:
        entry.write_bytes(content[:-100] if damage == "cut" else content[:-100] + bytes(100))
    assert torch.equal(runner(part)(images), expected)
    assert converted.load_session(entry.stem, 1) is not None


def test_a_kept_network_with_a_right_digest_and_wrong_results_is_replaced(part, images, home, onnx_is_faster):
    expected = runner(part)(images)
    (entry,) = entries(home)
    other = Part(network_with_statistics("small_cnn"), ARCHITECTURE, "logits")
    with torch.no_grad():
        other.model.get_parameter("classifier.1.weight").mul_(2.0)
    converted.convert(other.as_module(), images, entry.stem, 1)  # under the first network's key
    run = runner(part)
    assert torch.equal(run(images), expected)
    assert run.words == "ONNX Runtime, fp32"


def test_a_conversion_leaves_the_generators_of_random_numbers_alone(part, images, onnx_is_faster):
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    runner(part)(images)
    assert torch.equal(torch.rand(4), expected)


def test_damaged_timings_are_measured_again(part, images, home, onnx_is_faster):
    runner(part)(images)
    for entry in entries(home, "engines"):
        entry.write_text('{"torch_s": -1}')
    run = runner(part)
    run(images)
    assert run.words == "ONNX Runtime, fp32"
