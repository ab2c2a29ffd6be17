"""What a simulated visitor of a hosted dashboard does, with the pauses of a person.

It looks at the demo, augments, uploads, reads the health report, trains, watches, compares, predicts, and looks again.
"""

import asyncio
import random
import re
import time
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.hosted_machine import Machine
from benchmarks.hosted_photographs import one_photograph, read_photographs
from tests.support.audit import Audit
from tests.support.visitor import Gone, NotShown, Visitor

EPOCHS = 3
FROM_ZIP, BY_CLASS = "zip", "class by class"
_WAITS_S = 480.0
"""For a run: the queue may be long."""
_REFUSED = re.compile(r"limit|at most|already used|free again|Try again|busy|shared (machine|dashboard)|wait", re.I)
"""Words of a box that tells a visitor of a limit."""
_PLANTED = "This image cannot be used\\: truncated"
"""What is said of one photograph of the demo, whose file ends early on purpose."""


@dataclass(frozen=True)
class Timed:
    page: str
    action: str
    seconds: float
    training: bool
    """Whether something was computed beside the server then."""


@dataclass
class Told:
    """What all visitors together have met."""

    times: list[Timed] = field(default_factory=list)
    transfers_s: list[float] = field(default_factory=list)
    uploads: int = 0
    waits_s: list[float] = field(default_factory=list)
    """From the click on Start until a run no longer waited."""
    runs_s: list[float] = field(default_factory=list)
    """From the click on Start until a run was over."""
    started: int = 0
    finished: int = 0
    refusals: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Guest:
    """One visitor: a browser, photographs, a secret word, and a way through the dashboard."""

    def __init__(
        self,
        number: int,
        word: str,
        address: str,
        photographs: Path,
        told: Told,
        audit: Audit,
        machine: Machine,
        seed: int,
        think_s: tuple[float, float],
        headers: dict[str, str] | None = None,
    ) -> None:
        self.number, self.word = number, word
        self._photographs, self._told, self._audit, self._machine = photographs, told, audit, machine
        self._draw = random.Random(seed * 1000 + number)
        self._think_s = think_s
        self.visitor = Visitor(address, lambda path, data: audit.search(number, path, data), headers)
        self._doing = "nothing yet"
        self._boxes_told = 0
        self._exceptions_told = 0
        self._answers_told = 0

    async def visit(self, until: float) -> None:
        """Use the dashboard until that time (`perf_counter`). What goes wrong is told, never raised."""
        try:
            await self._step("Overview", "open", self.visitor.open())
            await self._look()
            await self._augment()
            if await self._upload():
                await self._health()
                if await self._train():
                    await self._watch(until)
                    await self._compare()
                    await self._predict()
            while time.perf_counter() < until:
                await self._draw.choice([self._look, self._augment, self._health, self._compare, self._predict])()
        except (Gone, NotShown, TimeoutError, OSError, EOFError) as error:
            self._tell_error(f"{self._doing}: {type(error).__name__}: {error}")
        finally:
            with suppress(Exception):  # the server may be gone
                await self.visitor.close()

    # Ways

    async def _look(self) -> None:
        await self._go("Dataset")
        await self._step("Dataset", "images", self.visitor.choose("Part", "Images"))
        await self._step("Dataset", "sizes", self.visitor.choose("Part", "Sizes"))
        await self._step("Dataset", "images again", self.visitor.choose("Part", "Images"))

    async def _augment(self) -> None:
        await self._go("Augmentation")
        for _ in range(2):
            await self._step("Augmentation", "draw again", self.visitor.click("Draw again"))
        await self._step("Augmentation", "any image", self.visitor.click("Any image"))

    async def _health(self) -> None:
        await self._go("Dataset")
        await self._step("Dataset", "health", self.visitor.choose("Part", "Health report"))
        await self.visitor.until(lambda visitor: not visitor.has("button", "Cancel"), _WAITS_S)  # of the scan
        self._judge("Dataset")

    async def _upload(self) -> bool:
        visitor = self.visitor
        photographs = read_photographs(self._photographs)
        self._audit.note_upload(self.number, [data for _, _, data in photographs])
        await self._step("Add a dataset", "open", visitor.click("Add your own"))
        if self._draw.random() < 0.5:
            added = await self._upload_zip()
        else:
            added = await self._upload_classes(photographs)
        self._told.uploads += added
        return added

    async def _upload_zip(self) -> bool:
        visitor = self.visitor
        await self._step("Add a dataset", FROM_ZIP, visitor.choose("From", "Zip"))
        await self._send("Zip file", [(self._photographs.name, self._photographs.read_bytes())])
        refused = await self._step("Add a dataset", "unpack", visitor.click("Unpack it"))
        if not refused:
            refused = await self._step("Add a dataset", "use it", visitor.click("Use it"))
        return not refused

    async def _upload_classes(self, photographs: list[tuple[str, str, bytes]]) -> bool:
        visitor = self.visitor
        await self._step("Add a dataset", BY_CLASS, visitor.choose("From", "New dataset"))
        await self._step("Add a dataset", "name", visitor.type("Name", f"{self.word} birds"))
        for label in sorted({name for name, _, _ in photographs}):
            await self._step("Add a dataset", "class", visitor.type("Class", label))
            files = [(name, data) for of, name, data in photographs if of == label]
            if await self._send("Photographs", files):
                return False
        return not await self._step("Add a dataset", "look at it", visitor.click("Look at it"))

    async def _train(self) -> bool:
        visitor = self.visitor
        await self._go("Train")
        if visitor.has("button_group", "View"):
            await self._step("Train", "set up", visitor.choose("View", "Set up a run"))
        await self._step("Train", "epochs", visitor.set_number("Epochs", EPOCHS))
        return not await self._step("Train", "start", visitor.click("Start training"))

    async def _watch(self, until: float) -> None:
        """Wait for the run, and use other pages meanwhile, as people do."""
        visitor, started, waited = self.visitor, time.perf_counter(), False
        self._told.started += 1
        while True:
            patience = time.perf_counter() + self._draw.uniform(15, 40)
            while time.perf_counter() < patience and not _is_over(visitor):
                await visitor.until(lambda each: True)
                await asyncio.sleep(0.25)
                if not waited and not _is_waiting(visitor):
                    waited = True
                    self._told.waits_s.append(time.perf_counter() - started)
            self._judge("Train")
            if _is_over(visitor):
                break
            if time.perf_counter() - started > _WAITS_S or time.perf_counter() > until:
                return
            await self._look()
            await self._go("Train")
            await self._step("Train", "watch", visitor.choose("View", "Watch"))
        self._told.runs_s.append(time.perf_counter() - started)
        if "Failed" in visitor.text():
            self._tell_error(f"A run failed: {visitor.shown_boxes()}")
        else:
            self._told.finished += 1

    async def _compare(self) -> None:
        visitor = self.visitor
        await self._go("Compare")
        with suppress(TimeoutError):
            await visitor.until(lambda each: each.has("button_group", "Part"), 60)
        self._judge("Compare")
        if visitor.has("button_group", "Part"):
            for part in ("Confusion", "Images", "Epochs"):
                await self._step("Compare", part.lower(), visitor.choose("Part", part))

    async def _predict(self) -> None:
        visitor = self.visitor
        await self._go("Predict")
        await self._step("Predict", "from the dataset", visitor.choose("Image from", "Dataset"))
        await self._step("Predict", "any image", visitor.click("Any image"))
        await self._step("Predict", "upload", visitor.choose("Image from", "Upload"))
        await self._send("An image", [(f"{self.word}.jpg", one_photograph(self._draw.randrange(10**9)))], "Predict")
        await self._step("Predict", "from the dataset", visitor.choose("Image from", "Dataset"))

    # Steps

    async def _go(self, page: str) -> None:
        await self._step(page, "open", self.visitor.go(page))

    async def _step(self, page: str, action: str, doing: Awaitable[float]) -> bool:
        """Do it, note how long it took, and look at the page for a while. Returns whether it was refused."""
        training = self._machine.trains
        self._doing = f"{page}, {action}"
        seconds = await doing
        self._told.times.append(Timed(page, action, seconds, training or self._machine.trains))
        refused = self._judge(f"{page}, {action}")
        await asyncio.sleep(self._draw.uniform(*self._think_s))
        return refused

    async def _send(self, label: str, files: list[tuple[str, bytes]], page: str = "Add a dataset") -> bool:
        training = self._machine.trains
        self._doing = f"{page}, {label}"
        transfer_s, page_s = await self.visitor.upload(label, files)
        self._told.transfers_s.append(transfer_s)
        self._told.times.append(Timed(page, f"{len(files)} files", page_s, training or self._machine.trains))
        refused = self._judge(f"{page}, {label}")
        await asyncio.sleep(self._draw.uniform(*self._think_s))
        return refused

    def _judge(self, where: str) -> bool:
        """Tell what went wrong since the last time. Returns whether a box said that something is not allowed."""
        visitor, refused = self.visitor, False
        for text in visitor.exceptions[self._exceptions_told :]:
            self._tell_error(f"{where}: {text}")
        for answer in visitor.bad_answers[self._answers_told :]:
            self._tell_error(f"{where}: HTTP {answer.status} for {answer.path}: {answer.body[:200]!r}")
        for text in visitor.boxes[self._boxes_told :]:
            if _REFUSED.search(text):
                self._told.refusals.append(f"{where}: {text}")
                refused = True
            elif not (where.startswith("Augmentation") and text.startswith(_PLANTED)):
                self._tell_error(f"{where}: {text}")
        self._exceptions_told, self._answers_told = len(visitor.exceptions), len(visitor.bad_answers)
        self._boxes_told = len(visitor.boxes)
        return refused

    def _tell_error(self, text: str) -> None:
        self._told.errors.append(f"visitor {self.number} at {self._machine.elapsed_s:.0f} s: {text}")


def _is_over(visitor: Visitor) -> bool:
    return visitor.has("button", "Set up again") or visitor.has("button", "Change the settings")


def _is_waiting(visitor: Visitor) -> bool:
    return visitor.has("button", "Take it out of the queue")
