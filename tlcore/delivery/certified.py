"""Make an exported model and its certificate. A file that does not answer as the run does is refused."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.delivery.certificate import Certificate, certify
from tlcore.errors import ExportRefused
from tlcore.runs.folder.run import Run
from tlcore.system.files import write_atomic

if TYPE_CHECKING:
    from tlcore.training.events import Progress

Build = Callable[[Run, int], "Generator[Progress, None, bytes]"]
"""Makes the content of a file for a run and an epoch, with progress."""


@dataclass(frozen=True)
class Exported:
    """A file to hand over."""

    content: bytes
    file_name: str
    certificate: Certificate | None = None
    """How its answers compare with those of the run; None for a file that is no program: weights, code, a table."""


def certified(build: Build, run: Run, epoch: int, file_name: str) -> "Generator[Progress, None, Exported]":
    """Make a file, and compare it with the run on the whole report split.

    Raises ExportRefused with the reason if it does not answer as the run does, and what `build` and `certify` raise.
    """
    content = yield from build(run, epoch)
    return accepted(content, file_name, (yield from certify(run, epoch, content)))


def accepted(content: bytes, file_name: str, certificate: Certificate) -> Exported:
    """The file to hand over. Raises ExportRefused with the reason if its certificate has an objection."""
    if objection := certificate.objection():
        others = "" if certificate.precision == "fp32" else " Export it without int8."
        raise ExportRefused(f"{file_name} is not exported: {objection}.{others}")
    return Exported(content, file_name, certificate)


def certificate_path(path: Path) -> Path:
    """The file beside an exported one that has its certificate."""
    return path.with_name(f"{path.name}.certificate.json")


def save_exported(exported: Exported, path: Path) -> None:
    """Write the file, and its certificate beside it. If either cannot be written, neither is there afterwards.

    Raises OSError.
    """
    write_atomic(path, lambda file: file.write(exported.content))
    if exported.certificate is None:
        return
    text = exported.certificate.to_json()
    try:
        write_atomic(certificate_path(path), lambda file: file.write(text.encode()))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
