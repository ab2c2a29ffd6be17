"""Progress and results as lines of JSON on standard output, for a program that runs a command."""

import json
from collections.abc import Generator
from typing import TYPE_CHECKING, TypeVar

from tlcore.system.drive import drive

if TYPE_CHECKING:
    from tlcore.training.events import Progress

T = TypeVar("T")


def print_line(**content: object) -> None:
    print(json.dumps(content), flush=True)


def follow(work: "Generator[Progress, None, T]") -> T:
    """Run a computation to its end and print its progress; returns its result."""

    def tell(event: "Progress") -> None:
        rate = {"images_per_s": round(event.images_per_s, 1)} if event.images_per_s else {}
        print_line(phase=event.phase, done=event.done, total=event.total, **rate)

    return drive(work, tell)
