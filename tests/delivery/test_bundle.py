"""A bundle: its program answers as the run does, alone, and says what it cannot read."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.support.photographs import write_every_kind
from tlcore.data.dataset import Sample
from tlcore.data.pixels.sources import ArraySource
from tlcore.delivery import bundle
from tlcore.delivery.certificate import parse_certificate
from tlcore.delivery.export import export_certified
from tlcore.delivery.standalone import predict
from tlcore.errors import ExportRefused
from tlcore.evaluation.predict import load_predictor
from tlcore.system.drive import drive


@pytest.fixture
def program(delivered, monkeypatch, capfd):
    """`program("--json", "a.jpg", stdin=b"")`: exit status, lines on standard output, and standard error."""
    monkeypatch.setattr(predict, "MODEL", delivered.folder / "model.onnx")

    def run(*arguments: object, stdin: bytes = b"") -> tuple[int, list[str], str]:
        monkeypatch.setattr(sys, "argv", ["predict.py", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = predict.main()
        out, errors = capfd.readouterr()
        return status, out.splitlines(), errors

    return run


def test_in_an_empty_environment_it_gives_the_answers_of_the_run(delivered, tmp_path):
    """Every kind of image, with the packages that the bundle asks for and no others."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    quiet = ["--quiet", "--no-compile", "--disable-pip-version-check", "--retries", "1", "--timeout", "10"]
    install = [sys.executable, "-m", "pip", "--python", environment, "install", *quiet]
    done = subprocess.run([*install, "-r", delivered.folder / "requirements.txt"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"packages cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    write_every_kind(photographs)
    (photographs / "broken.jpg").write_bytes((photographs / "photo.jpg").read_bytes()[:900])
    (python,) = (path for name in ("bin/python", "Scripts/python.exe") if (path := environment / name).exists())
    command = [python, delivered.folder / "predict.py", "--json", photographs]
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={})
    assert said.stderr == "2 of 34 cannot be read.\n", said.stderr
    assert subprocess.run([python, "-c", "import torch"], capture_output=True, env={}).returncode == 1
    answers = {Path(answer["image"]).name: answer for answer in map(json.loads, said.stdout.splitlines())}
    assert answers.pop("broken.jpg")["error"] == "truncated: the file ends before the image does"
    assert answers.pop("phone.heic")["error"].startswith("a HEIC photograph: install pillow-heif")
    predictor = load_predictor(delivered.run, delivered.epoch, device="cpu")
    for name, answer in answers.items():
        expected = predictor.answer(photographs / name)
        found = {each["class"]: each["probability"] for each in answer["ranking"]}
        assert found == pytest.approx(dict(expected.ranking), abs=1e-5), name
        assert answer["label"] == expected.label, name
    assert len(answers) == 32
    assert {answer["label"] for answer in answers.values()} >= {"not sure"}
    assert len({answer["label"] for answer in answers.values()}) > 1


def test_it_imports_neither_torch_nor_this_project(delivered):
    code = "import sys; sys.modules.update(torch=None, tlcore=None); import predict; print(predict.Model().classes)"
    done = subprocess.run([sys.executable, "-B", "-c", code], cwd=delivered.folder, capture_output=True, text=True)
    assert done.stdout == "('bright', 'dark')\n", done.stderr


def test_the_certificate_says_how_the_program_itself_answered(delivered):
    certificate = delivered.exported.certificate
    assert (certificate.split, certificate.images, certificate.same) == ("test", 8, 8)
    assert certificate.largest_difference < 1e-4
    assert certificate.runtime.startswith("its own predict.py, with ONNX Runtime ")
    assert (certificate.temperature, certificate.threshold) == (1.7, 0.55)
    assert certificate.unanswered_stored == certificate.unanswered_file
    inside = (delivered.folder / "certificate.json").read_text()
    assert parse_certificate(inside, "the bundle") == certificate


def test_what_is_in_it(delivered):
    with zipfile.ZipFile(io.BytesIO(delivered.exported.content)) as archive:
        names = archive.namelist()
    assert delivered.exported.file_name == f"{delivered.folder.name}.zip"
    assert {name.split("/")[0] for name in names} == {delivered.folder.name}
    inside = {name.partition("/")[2] for name in names}
    assert inside >= {"model.onnx", "predict.py", "requirements.txt", "classes.json", "certificate.json", "README.md"}
    assert json.loads((delivered.folder / "classes.json").read_text()) == ["bright", "dark"]
    assert "torch" not in (delivered.folder / "requirements.txt").read_text()
    code = "".join(path.read_text() for path in delivered.folder.rglob("*.py"))
    assert "import torch" not in code
    assert "tlcore." not in code
    card = (delivered.folder / "README.md").read_text()
    assert card.startswith("---\n")
    assert "environment/bin/python predict.py photo.jpg" in card
    assert "8 of 8 have the same answer as in the run" in card


def test_a_program_that_answers_otherwise_is_refused(delivered, monkeypatch):
    model = (delivered.folder / "model.onnx").read_bytes()
    files = bundle.program_files()
    files["reading/transform.py"] = files["reading/transform.py"].replace(b"1 / 255", b"1 / 400")

    def steps(*arguments):
        yield from ()
        return model

    monkeypatch.setattr("tlcore.delivery.onnx_file.onnx_steps", steps)
    monkeypatch.setattr(bundle, "program_files", lambda: files)
    with pytest.raises(ExportRefused, match=r"-bundle.zip is not exported: its probabilities differ by up to 0\."):
        drive(export_certified(delivered.run, delivered.epoch, "bundle"))


def test_images_in_no_file_are_given_to_the_program_too(delivered, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 50, 45, 3), dtype=np.uint8)
    source, samples = ArraySource({"test": pixels}), [Sample(f"test/{number}", 0, "test") for number in range(4)]
    (tmp_path / "bundle").symlink_to(delivered.folder)
    outputs, unreadable = drive(bundle.run_program(tmp_path, source, samples))
    predictor = load_predictor(delivered.run, delivered.epoch, device="cpu")
    for row, sample in zip(outputs.probabilities_NC, samples, strict=False):
        assert row == pytest.approx(predictor.probabilities(source.load(sample.id)).numpy(), abs=1e-5)
    assert unreadable == {"test/3": "no such image in this dataset"}


def test_images_are_named_by_path_by_folder_by_list_and_by_their_bytes(delivered, program, tmp_path):
    photograph = delivered.run.config.data.source + "/test/dark/test-0.jpg"
    (status, lines, _) = program(photograph)
    answer = lines[0].removeprefix(photograph)
    assert status == 0
    assert answer.startswith((": dark ", ": not sure (dark ", ": not sure (bright "))
    assert program("-", stdin=Path(photograph).read_bytes())[1] == [f"-{answer}"]
    assert program("--list", "-", stdin=f"{photograph}\r\n\n{photograph}".encode())[1] == lines * 2
    (tmp_path / "list.txt").write_text(photograph)
    assert program("--list", tmp_path / "list.txt")[1] == lines
    folder = Path(photograph).parents[1]
    assert [line.partition(":")[0] for line in program(folder)[1]] == [
        str(path) for path in sorted(folder.rglob("*.jpg"))
    ]


def test_what_cannot_be_read_is_listed_and_the_others_are_answered(delivered, program, tmp_path):
    good = delivered.run.config.data.source + "/test/dark/test-0.jpg"
    (tmp_path / "text.jpg").write_text("no image")
    bad = [tmp_path / "text.jpg", tmp_path / "gone.jpg"]
    status, lines, errors = program(*bad, good, good)
    assert status == 0
    assert len(lines) == 2
    assert f"{bad[0]}: not an image" in errors
    assert f"{bad[1]}: file not found" in errors
    assert errors.endswith("2 of 4 cannot be read.\n")
    status, lines, _ = program("--json", bad[1])
    assert status == 1
    assert json.loads(lines[0]) == {"image": str(bad[1]), "error": "file not found"}


def test_below_the_threshold_it_is_not_sure(delivered, program):
    photograph = delivered.run.config.data.source + "/test/dark/test-0.jpg"
    sure, unsure = (json.loads(program("--json", "--threshold", value, photograph)[1][0]) for value in (0, 1))
    assert (sure["sure"], sure["label"]) == (True, sure["ranking"][0]["class"])
    assert (unsure["sure"], unsure["label"]) == (False, "not sure")
    assert unsure["ranking"] == sure["ranking"]
    assert program("--threshold", 1, "--top", 1, photograph)[1][0].split(": ")[1].startswith("not sure (")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give an image, a folder, - or --list"),
        (["--threshold", "60", "a.jpg"], "--threshold is from 0 to 1"),
        (["-", "--list", "-"], "standard input is either one image or a list of paths"),
        (["--list", "/nowhere.txt"], "there is no file /nowhere.txt"),
    ],
)
def test_wrong_usage_is_said(program, capfd, arguments, message):
    with pytest.raises(SystemExit, match="2"):
        program(*arguments)
    assert message in capfd.readouterr().err
