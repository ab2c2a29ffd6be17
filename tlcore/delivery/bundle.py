"""Pack an epoch as a zip that needs neither torch nor this project: the model, and a program that runs it.

The program and what it imports are the files of this project themselves, with other names: it decodes and prepares an
image with the same code as the run. Its certificate is made by that program, on the original files.
"""

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlcore.data.dataset import ImageSource, Sample
from tlcore.delivery.certificate import Candidate, certify_candidate
from tlcore.delivery.certified import Exported, accepted
from tlcore.delivery.escaping import in_markdown
from tlcore.delivery.file_model import NO_ANSWER, Outputs
from tlcore.errors import ExportRefused, UnreadableImage
from tlcore.runs.folder.run import Run
from tlcore.words import shorten

if TYPE_CHECKING:
    from tlcore.training.events import Progress

PROGRAM = "tlcore/delivery/standalone/predict.py"
PACKAGE = "reading"
MODULES: Mapping[str, str] = {
    PROGRAM: "predict.py",
    "tlcore/delivery/standalone/transform.py": f"{PACKAGE}/transform.py",
    "tlcore/transforms/sizes.py": f"{PACKAGE}/sizes.py",
    "tlcore/data/pixels/images.py": f"{PACKAGE}/images.py",
    "tlcore/data/pixels/colour.py": f"{PACKAGE}/colour.py",
    "tlcore/data/pixels/cost.py": f"{PACKAGE}/cost.py",
    "tlcore/data/pixels/decoded.py": f"{PACKAGE}/decoded.py",
    "tlcore/data/pixels/formats.py": f"{PACKAGE}/formats.py",
    "tlcore/errors.py": f"{PACKAGE}/errors.py",
}
"""A file of this project -> its place in the bundle."""
REQUIREMENTS = ("numpy", "onnxruntime", "pillow")
_LICENCE = "# Part of Transfer Lab, under the Apache License 2.0: http://www.apache.org/licenses/LICENSE-2.0\n"
_ROOT = Path(__file__).parents[2]
_IMPORT = re.compile(r"^(\s*from )(tlcore[\w.]*)( import )", re.MULTILINE)
_DATE = (2020, 1, 1, 0, 0, 0)  # the same content gives the same file


_USAGE = """\
## How to use it

It needs Python 3.11 or later, and neither torch nor the project that trained it.

```
python -m venv environment
environment/bin/pip install -r requirements.txt
environment/bin/python predict.py photo.jpg
environment/bin/python predict.py --json photographs
```

`python predict.py --help` lists all options, and the top of `predict.py` shows more ways to call it. `classes.json` has
the classes in the order of the outputs. `certificate.json` is the proof that these files answer as the trained model
does: `predict.py` was run on the original images, and compared with the answers that were stored in training. Its
`file_sha256` is that of `model.onnx`. In words:
"""


def bundle(run: Run, epoch: int, file_name: str) -> "Generator[Progress, None, Exported]":
    """The zip, compared with the run on the whole report split.

    Raises ExportRefused with the reason if the network cannot be written, or does not answer as the run does; and what
    `onnx_steps` and `certify_candidate` raise.
    """
    from tlcore.delivery.card import model_card
    from tlcore.delivery.onnx_file import onnx_steps

    model = yield from onnx_steps(run, epoch)
    files: dict[str, bytes] = {
        "model.onnx": model,
        "classes.json": (json.dumps(list(run.classes), ensure_ascii=False, indent=1) + "\n").encode(),
        "requirements.txt": requirements().encode(),
        **program_files(),
    }
    with tempfile.TemporaryDirectory(prefix="tlcore-bundle-") as folder:
        for name, content in files.items():
            path = Path(folder, "bundle", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        work = partial(run_program, Path(folder))
        certificate = yield from certify_candidate(run, epoch, Candidate(model, _runtime(), work))
    files["certificate.json"] = certificate.to_json().encode()
    proof = "\n".join(f"- {in_markdown(line)}" for line in certificate.lines())
    files["README.md"] = model_card(run, epoch, f"{_USAGE}\n{proof}\n").encode()
    return accepted(_zipped(Path(file_name).stem, files), file_name, certificate)


def program_files() -> dict[str, bytes]:
    """The program and its modules by their places in the bundle, with imports that fit there."""
    dotted = {_dotted(source): _dotted(place) for source, place in MODULES.items()}
    files = {f"{PACKAGE}/__init__.py": f'{_LICENCE}"""How an image is read and prepared."""\n'.encode()}
    for source, place in MODULES.items():
        text = (_ROOT / source).read_text(encoding="utf-8")
        files[place] = (_LICENCE + _IMPORT.sub(lambda found: found[1] + dotted[found[2]] + found[3], text)).encode()
    return files


def requirements() -> str:
    """The packages that the bundle was compared with, up to the next major version."""
    lines = ["# For HEIC photographs also: pillow-heif\n"]
    for name in REQUIREMENTS:
        major, minor = version(name).split(".")[:2]
        lines.append(f"{name}>={major}.{minor},<{int(major) + 1}\n")
    return "".join(lines)


def run_program(
    folder: Path, source: ImageSource, samples: Sequence[Sample]
) -> Generator[int, None, tuple[Outputs | None, dict[str, str]]]:
    """The outputs of the program in `folder/bundle` for these images, as from `file_model.run_split`."""
    unreadable: dict[str, str] = {}
    paths: dict[str, Path] = {}
    for number, sample in enumerate(samples):
        try:
            paths[sample.id] = source.file(sample.id) or _written(source, sample.id, folder / f"{number}.png")
        except UnreadableImage as error:
            unreadable[sample.id] = str(error)
    listed = folder / "list.txt"
    listed.write_bytes(b"".join(os.fsencode(path) + b"\n" for path in paths.values()))
    logits, probabilities, answers = [], [], []
    with closing(_answers(folder, listed)) as lines:
        for done, (sample_id, answer) in enumerate(zip(paths, lines, strict=True), start=1):
            if "error" in answer:
                unreadable[sample_id] = str(answer["error"])
            else:
                logits.append(answer["logits"])
                probabilities.append(answer["probabilities"])
                answers.append(int(np.argmax(answer["logits"])) if answer["sure"] else NO_ANSWER)
            yield done
    if not logits:
        return None, unreadable
    return (
        Outputs(np.array(logits, np.float32), np.array(probabilities, np.float32), np.array(answers, np.int64)),
        unreadable,
    )


def _answers(folder: Path, listed: Path) -> Generator[dict[str, Any], None, None]:
    """The lines of JSON of the program for a list of files. It runs without this project on its path, as elsewhere."""
    command = [sys.executable, "-B", str(folder / "bundle" / "predict.py"), "--json", "--outputs", "--top", "1"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            [*command, "--list", str(listed)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
        )
    assert process.stdout is not None
    answered = 0
    try:
        for line in process.stdout:
            yield json.loads(line)
            answered += 1
        if process.wait() != 0 and not answered:
            said = (folder / "errors.txt").read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
            raise ExportRefused(f"The program of the bundle does not run here: {shorten(said, 300)}")
    finally:
        process.stdout.close()
        process.kill()
        process.wait()


def _written(source: ImageSource, sample_id: str, path: Path) -> Path:
    """An image that is in no file of its own, in a file, with the same pixels."""
    source.decode(sample_id).image.save(path)
    return path


def _runtime() -> str:
    return f"its own predict.py, with ONNX Runtime {version('onnxruntime')} and Pillow {version('pillow')}"


def _zipped(folder: str, files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", _DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data)
    return content.getvalue()


def _dotted(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")
