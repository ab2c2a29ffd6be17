"""Name the classes of images with the model beside this file: with onnxruntime, pillow and numpy, and nothing else.

  python predict.py photo.jpg other.png     images
  python predict.py photographs             every image in a folder and below it
  python predict.py - < photo.jpg           one image on standard input
  ls *.jpg | python predict.py --list -     paths on standard input, one per line
  python predict.py --json photographs      a line of JSON per image, for programs

An answer whose probability is below the model's threshold is "not sure". Images that cannot be read are listed, and
all others are answered. Exit status: 0 done, 1 no image could be answered, 2 wrong usage.

In a program: `from predict import Model; print(Model().answer("photo.jpg"))`.
"""

import argparse
import json
import os
import stat
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

from tlcore.data.pixels.cost import MAX_UNPACKED_BYTES
from tlcore.data.pixels.formats import HEAD_BYTES, IMAGE_EXTENSIONS, image_format
from tlcore.data.pixels.images import decode
from tlcore.delivery.standalone.transform import Transform
from tlcore.errors import UnreadableImage

MODEL = Path(__file__).with_name("model.onnx")
NOT_SURE = "not sure"
MAX_FILE_BYTES = MAX_UNPACKED_BYTES
BATCH = 16
_NO_HEIF = "a HEIC photograph: install pillow-heif beside this program, or save it as JPEG"
_STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Answer:
    image: str
    """The path as it was given or found; `-` for standard input."""
    ranking: tuple[tuple[str, float], ...] = ()
    """Classes with their probabilities in 0-1, the most likely first. Empty for an image that cannot be read."""
    sure: bool = False
    """Whether the first probability reaches the threshold."""
    error: str = ""
    """Why the image cannot be read."""
    logits: tuple[float, ...] = ()
    """The output of the network, in the order of the classes."""
    probabilities: tuple[float, ...] = ()
    """The same as probabilities."""

    @property
    def label(self) -> str:
        return self.ranking[0][0] if self.sure else NOT_SURE


class Model:
    """The network, with its classes, transform, temperature and threshold, as its file says."""

    def __init__(self, path: Path | None = None, threshold: float | None = None) -> None:
        """`path`: another file than the one beside this program; `threshold`: another one than its own, in 0-1."""
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path or MODEL), options, providers=["CPUExecutionProvider"])
        about = self._session.get_modelmeta().custom_metadata_map
        self.classes: tuple[str, ...] = tuple(json.loads(about["classes"]))
        self.transform = Transform.parse(about["transform"])
        self.temperature = float(about["temperature"])
        self.threshold = float(about["threshold"]) if threshold is None else threshold

    def answer(self, image: str | Path | bytes | Image.Image) -> Answer:
        """The answer for a file, for the bytes of one, or for an image. Raises UnreadableImage."""
        name = str(image) if isinstance(image, str | Path) else ""
        return self._answers([name], np.stack([self.prepare(image)]))[0]

    def answers(self, images: Iterable[str | bytes]) -> Iterator[Answer]:
        """The answers for many files, or bytes of files, in order; nothing is raised for those that cannot be read.

        Files are read and prepared in threads while the network runs.
        """
        pending: deque[tuple[str, Future[npt.NDArray[np.float32]]]] = deque()
        threads = min(8, os.cpu_count() or 1)
        with ThreadPoolExecutor(threads) as pool:
            for image in images:
                name = image if isinstance(image, str) else _STANDARD_INPUT
                pending.append((name, pool.submit(self.prepare, image)))
                if len(pending) >= 2 * BATCH:
                    yield from self._finish([pending.popleft() for _ in range(BATCH)])
            while pending:
                yield from self._finish([pending.popleft() for _ in range(min(BATCH, len(pending)))])

    def prepare(self, image: str | Path | bytes | Image.Image) -> npt.NDArray[np.float32]:
        """What the network gets, of shape (3, H, W). Raises UnreadableImage."""
        if isinstance(image, Image.Image):
            return self.transform(image.convert("RGB"))
        data = image if isinstance(image, bytes) else _read(image)
        try:
            return self.transform(decode(data, transform=self.transform).image)
        except ImportError:
            raise UnreadableImage(_NO_HEIF) from None

    def logits(self, images_NCHW: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The output of the network for prepared images, of shape (N, classes)."""
        found: npt.NDArray[np.float32] = self._session.run(["logits"], {"images": images_NCHW})[0]
        return found

    def _finish(self, batch: list[tuple[str, "Future[npt.NDArray[np.float32]]"]]) -> Iterator[Answer]:
        prepared: list[npt.NDArray[np.float32]] = []
        reasons: list[str] = []
        for _, future in batch:
            try:
                prepared.append(future.result())
                reasons.append("")
            except UnreadableImage as error:
                reasons.append(str(error) or "cannot be read")
        names = [name for (name, _), reason in zip(batch, reasons, strict=True) if not reason]
        answered = iter(self._answers(names, np.stack(prepared)) if prepared else [])
        for (name, _), reason in zip(batch, reasons, strict=True):
            yield Answer(name, error=reason) if reason else next(answered)

    def _answers(self, names: list[str], images_NCHW: npt.NDArray[np.float32]) -> list[Answer]:
        logits_NC = self.logits(images_NCHW)
        scaled_NC = logits_NC.astype(np.float64) / self.temperature
        scaled_NC -= scaled_NC.max(1, keepdims=True)
        probabilities_NC = np.exp(scaled_NC) / np.exp(scaled_NC).sum(1, keepdims=True)
        found = []
        for name, logits_C, probabilities_C in zip(names, logits_NC, probabilities_NC, strict=True):
            order = np.argsort(-probabilities_C, kind="stable")
            ranking = tuple((self.classes[index], float(probabilities_C[index])) for index in order)
            sure = ranking[0][1] >= self.threshold
            outputs = tuple(logits_C.tolist()), tuple(probabilities_C.tolist())
            found.append(Answer(name, ranking, sure, "", *outputs))
        return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Name the classes of images.", epilog="See the top of this file.")
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="image, folder, or - for one on standard input")
    parser.add_argument("--list", metavar="FILE", help="read paths from a file, one per line; -: from standard input")
    parser.add_argument("--top", type=int, default=3, help="classes to name per image (default: 3)")
    parser.add_argument("--threshold", type=float, help="least probability of an answer, in 0-1 (default: the model's)")
    parser.add_argument("--json", action="store_true", help="a line of JSON per image")
    parser.add_argument("--outputs", action="store_true", help="with --json: all logits and probabilities")
    options = parser.parse_args()
    if not options.images and not options.list:
        parser.error("give an image, a folder, - or --list")
    if options.threshold is not None and not 0 <= options.threshold <= 1:
        parser.error("--threshold is from 0 to 1")
    if options.list == _STANDARD_INPUT and _STANDARD_INPUT in options.images:
        parser.error("standard input is either one image or a list of paths")
    if options.list not in (None, _STANDARD_INPUT) and not os.path.isfile(options.list):
        parser.error(f"there is no file {options.list}")
    for stream in (sys.stdout, sys.stderr):  # names in any alphabet, whatever the terminal is set to
        with suppress(AttributeError):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    read, unreadable = 0, 0
    for answer in Model(threshold=options.threshold).answers(_found(options.images, options.list)):
        read, unreadable = read + (not answer.error), unreadable + bool(answer.error)
        if options.json:
            print(json.dumps(_as_json(answer, max(options.top, 1), outputs=options.outputs)), flush=True)
        elif answer.error:
            print(f"{answer.image}: {answer.error}", file=sys.stderr)
        else:
            print(f"{answer.image}: {_in_words(answer, max(options.top, 1))}", flush=True)
    if unreadable:
        print(f"{unreadable} of {read + unreadable} cannot be read.", file=sys.stderr)
    return 0 if read else 1


def _in_words(answer: Answer, top: int) -> str:
    ranking = ", ".join(f"{name} {100 * probability:.1f} %" for name, probability in answer.ranking[:top])
    return ranking if answer.sure else f"{NOT_SURE} ({ranking})"


def _as_json(answer: Answer, top: int, *, outputs: bool) -> dict[str, object]:
    if answer.error:
        return {"image": answer.image, "error": answer.error}
    ranking = [{"class": name, "probability": probability} for name, probability in answer.ranking[:top]]
    found: dict[str, object] = {"image": answer.image, "label": answer.label, "sure": answer.sure, "ranking": ranking}
    return found | ({"logits": answer.logits, "probabilities": answer.probabilities} if outputs else {})


def _found(given: Iterable[str], listed: str | None) -> Iterator[str | bytes]:
    """The paths of the images; the bytes of the one on standard input."""
    for path in given:
        if path == _STANDARD_INPUT:
            yield sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        elif os.path.isdir(path):
            yield from _below(path)
        else:
            yield path
    if listed == _STANDARD_INPUT:
        yield from _lines(sys.stdin.buffer)
    elif listed is not None:
        with open(listed, "rb") as file:
            yield from _lines(file)


def _lines(file: IO[bytes]) -> Iterator[str]:
    for line in file:
        if path := os.fsdecode(line.rstrip(b"\r\n")):
            yield path


def _below(folder: str) -> Iterator[str]:
    """The images in a folder and its subfolders by name, without hidden ones; links to folders are not followed."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in IMAGE_EXTENSIONS:
                yield os.path.join(place, name)


def _read(path: str | Path) -> bytes:
    """The bytes of a file; only the first ones if it does not begin like an image. Raises UnreadableImage."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device might never end
            raise UnreadableImage("not a plain file")
        if status.st_size > MAX_FILE_BYTES:
            raise UnreadableImage(f"too large: at most {MAX_FILE_BYTES // 1_000_000} MB are read")
        with open(path, "rb") as file:
            head = file.read(HEAD_BYTES)
            return head if image_format(head) is None else head + file.read()
    except FileNotFoundError:
        raise UnreadableImage("file not found") from None
    except OSError as error:
        raise UnreadableImage(f"cannot be read: {error.strerror or type(error).__name__}") from None
    except ValueError:  # a NUL byte in the name
        raise UnreadableImage("not a file name") from None


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader, such as `head`, closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
