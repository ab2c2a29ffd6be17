import io
import json
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from tests.support.certificates import certificate
from tlcore import train
from tlcore.cli.main import main
from tlcore.delivery import certificate as certificate_module, certified as certified_module, onnx_file
from tlcore.delivery.certificate import certify, parse_certificate, stored_precision
from tlcore.delivery.certified import Exported, certificate_path, certified, save_exported
from tlcore.delivery.export import FORMATS, export_certified, find_variant
from tlcore.delivery.file_model import NO_ANSWER
from tlcore.delivery.int8 import calibration_samples
from tlcore.delivery.onnx_file import licence_words, onnx_steps
from tlcore.delivery.onnx_model import OnnxModel
from tlcore.errors import ConfigError, ExportRefused, ModelError, RecordError
from tlcore.evaluation.answers import Answers, save_answers
from tlcore.evaluation.predict import load_predictor
from tlcore.evaluation.stored import load_stored
from tlcore.models.engines import converted
from tlcore.runs.folder.run import Run
from tlcore.runs.restore import reopen_dataset
from tlcore.system.drive import drive

MODELS = [name for name, entry in FORMATS.items() if name.startswith(("onnx", "pt2"))]
SMALL = {"operations": [{"op": "Resize", "size": 40}, {"op": "CenterCrop", "size": 32}]}
ANSWERS = Answers(epoch=2, temperature=1.7, threshold=0.6)


class Made:
    """A run, and its exports of epoch 2: an export takes seconds, so each is made once for this module."""

    def __init__(self, run: Run) -> None:
        self.run, self._files = run, {}

    def export(self, name: str) -> Exported:
        if name not in self._files:
            self._files[name] = drive(export_certified(self.run, 2, name))
        return self._files[name]

    def build(self, name: str):
        """A builder that gives the file of this name for any epoch."""

        def build(run, epoch):
            yield from ()
            return self.export(name).content

        return build


@pytest.fixture(scope="module")
def _made() -> list[Made]:
    return []


@pytest.fixture(scope="module")
def _network():
    """The bare network of an epoch as ONNX. Torch writes each once for this module, which takes seconds."""
    write = onnx_file.network_graph
    return cache(lambda path, epoch: write(Run(path), epoch))


@pytest.fixture
def made(configure, _made, _network, monkeypatch) -> Made:
    monkeypatch.setattr(onnx_file, "network_graph", lambda run, epoch: _network(run.path, epoch))
    if not _made:
        run = train(configure(strategy={"name": "from_scratch"}, eval_transform=SMALL, epochs=2))
        save_answers(run, ANSWERS)
        _made.append(Made(run))
    return _made[0]


@pytest.fixture
def image(made) -> Path:
    dataset, _ = reopen_dataset(made.run)
    return dataset.source.file(dataset.split("test")[0].id)


INT8 = {"precision": "int8", "tolerance": None, "least_same": 0.95}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_answers_as_the_run_does_on_the_whole_test_split(made, name):
    exported = made.export(name)
    found = exported.certificate
    assert (found.images, found.split) == (14, "test")
    if "int8" in name:
        assert found.same >= 13
        assert (found.tolerance, found.least_same) == (None, 0.95)
    else:
        assert found.same == 14
        assert found.largest_difference < (1e-2 if "images" in name else 1e-4)
    assert found.file_bytes == len(exported.content)
    assert found.preprocessing == ("images" in name)
    assert (found.temperature, found.threshold) == (1.7, 0.6)
    assert found.unanswered_file == found.unanswered_stored or "int8" in name
    assert exported.file_name == f"{made.run.name}-epoch-002{FORMATS[name].suffix}"


def test_an_epoch_that_is_not_evaluated_yet_is_evaluated_first(made):
    made.export("onnx")
    assert 2 in load_stored(made.run).evaluation.predictions


def test_where_stored_answers_have_three_digits_the_file_is_also_compared_with_the_network_in_fp32(made, monkeypatch):
    monkeypatch.setattr(certificate_module, "stored_precision", lambda run, epoch: "bf16")
    found = drive(certify(made.run, 2, made.export("onnx-images").content))
    assert (found.tolerance, found.reference_images) == (0.1, 14)
    assert found.reference_difference < 1e-4
    assert "Beside the network in fp32, on 14 images: probabilities differ by" in found.lines()[-1]
    other = drive(certify(made.run, 2, drive(onnx_steps(made.run, 0))))
    assert other.reference_difference > 0.001


def test_the_precision_of_stored_answers_is_that_of_the_run_or_of_what_computed_them(made):
    assert stored_precision(made.run, 2) == "fp32"
    info = made.run.info
    run = Run(made.run.path)
    automatic = info.config.model_copy(update={"precision": "auto"})
    run.__dict__["info"] = info.model_copy(update={"config": automatic, "device": "cpu: X (…), bf16 (native)"})
    assert stored_precision(run, 2) == "bf16"


def test_an_onnx_file_says_what_it_is(made):
    model = OnnxModel.from_bytes(made.export("onnx").content, "file")
    facts, run = model.facts, made.run
    assert facts.classes == ("blue", "green")
    assert facts.transform == run.config.eval_transform
    assert (facts.run, facts.epoch, facts.backbone) == (run.name, 2, "small_cnn")
    assert (facts.dataset, facts.dataset_fingerprint) == (run.info.dataset.name, run.info.dataset.fingerprint)
    assert facts.licence == "no pretrained weights: the training started from random values"
    assert (facts.precision, facts.preprocessing) == ("fp32", "none")
    assert model.answers == Answers(epoch=2, temperature=1.7, threshold=0.6)


def test_the_licence_of_pretrained_weights_is_told(made):
    info = made.run.info
    model = info.config.model.model_copy(update={"backbone": "efficientnet_lite0", "weights": "imagenet"})
    run = Run(made.run.path)
    run.__dict__["info"] = info.model_copy(update={"config": info.config.model_copy(update={"model": model})})
    assert licence_words(run).startswith("Apache-2.0")


def test_an_onnx_file_takes_any_number_of_images_and_gives_calibrated_probabilities(made):
    model = OnnxModel.from_bytes(made.export("onnx").content, "file")
    images = np.random.default_rng(0).normal(size=(5, 3, 32, 32)).astype(np.float32)
    together = model.run(images)
    assert together.logits_NC.shape == (5, 2)
    np.testing.assert_allclose(model.logits(images[:1]), together.logits_NC[:1], atol=1e-5)
    expected = torch.from_numpy(together.logits_NC / 1.7).softmax(1).numpy()
    np.testing.assert_allclose(together.probabilities_NC, expected, atol=1e-6)
    best = expected.argmax(1)
    np.testing.assert_array_equal(together.answers_N, np.where(expected.max(1) >= 0.6, best, NO_ANSWER))


def test_a_file_with_preprocessing_takes_a_photograph_as_it_is(made, image):
    model = OnnxModel.from_bytes(made.export("onnx-images").content, "file")
    expected = dict(load_predictor(made.run, 2, device="cpu").predict(image))
    found = dict(model.predict(image))
    assert found == pytest.approx(expected, abs=1e-4)
    wrong = np.zeros((1, 3, 32, 32), np.float32)
    with pytest.raises(ModelError, match="does not run on an input of shape \\(1, 3, 32, 32\\)"):
        model.run(wrong)


def test_a_file_without_preprocessing_predicts_an_image_as_the_run_does(made, image):
    model = OnnxModel.from_bytes(made.export("onnx").content, "file")
    expected = load_predictor(made.run, 2, device="cpu").predict(image)
    found = model.predict(image)
    assert [name for name, _ in found] == [name for name, _ in expected]
    assert found[0][1] == pytest.approx(expected[0][1], abs=1e-5)


def test_a_program_of_torch_export_needs_nothing_of_this_project(made):
    extra = {"metadata.json": ""}
    program = torch.export.load(io.BytesIO(made.export("pt2").content), extra_files=extra).module()
    logits, probabilities, answers = program(torch.zeros(3, 3, 32, 32))
    assert logits.shape == (3, 2)
    torch.testing.assert_close(probabilities, (logits / 1.7).softmax(1))
    assert answers.tolist()[0] in (0, 1, NO_ANSWER)
    assert json.loads(json.loads(extra["metadata.json"])["classes"]) == ["blue", "green"]


def test_int8_calculates_with_whole_numbers_after_looking_at_all_classes(made):
    operators = {node.op_type for node in onnx.load_from_string(made.export("onnx-int8").content).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= operators
    dataset, _ = reopen_dataset(made.run)
    samples = calibration_samples(dataset)
    assert len(samples) == 42
    assert [sample.target for sample in samples[:4]] == [0, 1, 0, 1]
    assert {sample.split for sample in samples} == {"train"}


def test_a_file_that_answers_otherwise_is_refused_and_nothing_is_written(made, tmp_path, monkeypatch, capsys):
    content = drive(onnx_steps(made.run, 0))

    def other(run, epoch):
        yield from ()
        return content

    with pytest.raises(ExportRefused, match="is not exported: its probabilities differ by up to 0\\.[0-9]+ .* allowed"):
        drive(certified(other, made.run, 2, "x.onnx"))
    entry = FORMATS["onnx"]
    wrong = entry.__class__(
        entry.label, entry.words, ".onnx", entry.build, work=lambda r, e, n: certified(other, r, e, n)
    )
    monkeypatch.setitem(FORMATS, "onnx", wrong)
    assert main(["export", str(made.run.path), "--epoch", "2", "--format", "onnx", "--out", str(tmp_path)]) == 1
    assert "is not exported: its probabilities differ" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.onnx*"))


def test_the_command_prints_the_certificate_and_writes_it_beside_the_file(made, tmp_path, monkeypatch, capsys):
    build = made.build("onnx-images")
    entry = FORMATS["onnx-images"]
    quick = entry.__class__(
        entry.label, entry.words, ".onnx", entry.build, work=lambda r, e, n: certified(build, r, e, n)
    )
    monkeypatch.setitem(FORMATS, "onnx-images", quick)
    command = ["export", str(made.run.path), "--epoch", "2", "--format", "onnx", "--with-preprocessing"]
    assert main([*command, "--out", str(tmp_path / "model.onnx")]) == 0
    *lines, path = capsys.readouterr().out.splitlines()
    assert path == str(tmp_path / "model.onnx")
    assert "14 of 14 have the same answer as in the run." in lines[0]
    beside = tmp_path / "model.onnx.certificate.json"
    written = parse_certificate(beside.read_bytes(), str(beside))
    assert written.lines() == lines
    assert OnnxModel.load(path).prepares
    assert main([*command, "--json", "--out", str(tmp_path / "again.onnx")]) == 0
    *progress, result = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert progress[-1]["phase"] == "certify"
    assert result["file"] == str(tmp_path / "again.onnx")
    assert result["certificate"]["same"] == 14


def test_a_file_without_its_certificate_does_not_stay(tmp_path, monkeypatch):
    def full(path, write, **options):
        if path.name.endswith(".json"):
            raise OSError(28, "No space left on device", str(path))
        path.write_bytes(b"model")

    monkeypatch.setattr(certified_module, "write_atomic", full)
    with pytest.raises(OSError, match="No space left"):
        save_exported(Exported(b"model", "m.onnx", certificate()), tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())
    assert certificate_path(tmp_path / "m.onnx").name == "m.onnx.certificate.json"


@pytest.mark.parametrize(
    ("changes", "objection"),
    [
        ({}, ""),
        ({"largest_difference": 0.002}, "its probabilities differ by up to 0.002 from those of the run, and 0.001 is"),
        (
            {"preprocessing": True, "tolerance": 0.01, "largest_difference": 0.02},
            "its probabilities differ by up to 0.02 from those of the run, and 0.01 is allowed (100 of 100 images "
            "have the same answer). Large JPEGs are a usual reason",
        ),
        (
            {"tolerance": 0.05, "stored_precision": "bf16", "reference_images": 32, "reference_difference": 0.002},
            "its probabilities differ by up to 0.002 from those of the network in fp32, and 0.001 is allowed",
        ),
        ({"tolerance": 0.05, "reference_images": 32, "reference_difference": 0.0002, "largest_difference": 0.03}, ""),
        (INT8 | {"same": 95, "largest_difference": 0.4}, ""),
        (INT8 | {"same": 94}, "only 94 of 100 images have the same answer as in the run, and 95 % are asked for"),
        (INT8 | {"same": 95, "broken": 5, "p_value": 0.03}, "it is worse than the run: 0 images mended, 5 broken"),
        (INT8 | {"same": 95, "mended": 5, "p_value": 0.03}, ""),
    ],
)
def test_what_a_certificate_objects_to(changes, objection):
    found = certificate(**changes).objection()
    assert found.startswith(objection)
    assert bool(found) == bool(objection)


def test_a_certificate_of_int8_counts_what_it_mended_and_broke():
    lines = certificate(**INT8, same=97, mended=1, broken=2, right_file=89, others=("a.png",)).lines()
    assert "Another answer for a.png." in lines
    assert "Accuracy on test: 90.0 % in the run, 89.0 % in int8." in lines
    assert "McNemar: 1 image mended, 2 broken, p = 1: not distinguishable with 100 images." in lines


def test_a_certificate_is_read_back_and_a_newer_one_refused():
    found = certificate()
    assert parse_certificate(found.to_json(), "c.json") == found
    newer = json.dumps({**json.loads(found.to_json()), "format": 2})
    with pytest.raises(RecordError, match=r"c\.json was made by a newer version"):
        parse_certificate(newer, "c.json")


def test_variants_are_names_of_formats():
    assert find_variant("onnx") == "onnx"
    assert find_variant("onnx", preprocessing=True, int8=True) == "onnx-int8-images"
    with pytest.raises(ConfigError, match="pth cannot be exported with int8 and preprocessing: only onnx can"):
        find_variant("pth", preprocessing=True, int8=True)
    with pytest.raises(ConfigError, match="No format named 'onx'. Did you mean 'onnx'?"):
        find_variant("onx", int8=True)


def test_a_network_that_cannot_be_written_is_refused_in_words(configure, monkeypatch):
    def fail(*given):
        raise RuntimeError("aten::fold is unknown\nand a long story")

    monkeypatch.setattr(converted, "export_onnx", fail)
    run = train(configure(epochs=1))
    with pytest.raises(ExportRefused, match="small_cnn cannot be written as ONNX: RuntimeError: aten::fold is unknown"):
        drive(onnx_steps(run, 1))
