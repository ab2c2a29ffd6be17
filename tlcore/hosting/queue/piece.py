"""One piece of work of a visitor: start its process, and after its end say what became of it, in its own folder."""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import Popen
from typing import IO

import psutil

from tlcore.errors import RunBusy, RunError
from tlcore.hosting.spaces.visitors import space_of
from tlcore.runs.folder.lock import only_writer
from tlcore.runs.folder.run import Run
from tlcore.runs.folder.status import UNDER_WAY
from tlcore.runs.work.jobs import settle
from tlcore.runs.work.tickets import EVALUATE_ONLY, Ticket
from tlcore.runs.work.waiting import UnderWay
from tlcore.system.home import in_space
from tlcore.system.liveness import is_alive, kill_with_children
from tlcore.system.spawn import start
from tlcore.training.history import trained_here

log = logging.getLogger(__name__)


def begin(ticket: Ticket) -> "Popen[bytes]":
    """Start the process of a ticket in the space of its visitor. Raises OSError."""
    with _streams(ticket) as (output, errors), in_space(space_of(ticket.home.name)):  # with the links of now
        process = start(_command(ticket), stdout=output, stderr=errors, detached=True)
    with suppress(OSError):  # if the machine has no memory left, the system ends this, and not the server
        Path(f"/proc/{process.pid}/oom_score_adj").write_text("1000", encoding="ascii")
    return process


def epochs_of(ticket: Ticket) -> int:
    """The last whole epoch in the folder of a run."""
    history = trained_here(Run(ticket.key).history()) if ticket.is_run else []
    return history[-1].epoch if history else 0


def is_cut_off(ticket: Ticket, exit_status: int | None) -> bool:
    """Whether its process, which is gone, has left the work half done. `exit_status` None: it is not known."""
    if ticket.is_run:
        return Run(ticket.key).status().is_live
    return exit_status is None or exit_status < 0


def end(ticket: Ticket, reason: str, *, failed: bool) -> None:
    """Say in the folder why work has ended before it was done: for a run as failed or else stopped."""
    if not ticket.key.is_dir():
        return
    if not ticket.is_run:
        if reason:
            with _open(ticket.key / ticket.errors, "ab") as errors:
                errors.write(f"\nerror: {reason}\n".encode())
        return
    run = Run(ticket.key)
    with suppress(RunBusy), only_writer(run.path):
        before = run.status()
        if not before.is_live and before.state != "interrupted":  # that is one whose ticket was taken back
            return
        try:
            settle(run, before, "failed", error=reason) if failed else settle(run, before, "stopped", note=reason)
        except RunError as error:  # its description is damaged
            log.warning("%s", error)


def kill_remains(under_way: UnderWay) -> None:
    """End what an earlier dispatcher has left running."""
    if under_way.pid:
        if is_alive(under_way.pid, under_way.process_started):
            kill_with_children(under_way.pid)
        return
    ticket = under_way.ticket  # it was killed at the moment when it started a process
    for process in psutil.process_iter(["cmdline", "create_time"]):
        words = process.info["cmdline"] or []
        names = (f"/{ticket.home.name}/", f"/{ticket.key.name}")
        started = process.info["create_time"] or 0.0
        if started > under_way.since - 1 and any(all(name in word for name in names) for word in words):
            kill_with_children(process.pid)


def _command(ticket: Ticket) -> list[str]:
    """A run whose epochs are all trained is only evaluated when it goes on."""
    command = list(ticket.command)
    if ticket.is_run and EVALUATE_ONLY not in command and Run(ticket.key).status().state not in (*UNDER_WAY, "stopped"):
        command.insert(1, EVALUATE_ONLY)
    return command


@contextmanager
def _streams(ticket: Ticket) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    with ExitStack() as files:
        if ticket.output == ticket.errors:
            log_file = files.enter_context(_open(ticket.key / ticket.output, "ab"))
            yield log_file, log_file
        else:
            output = files.enter_context(_open(ticket.key / ticket.output, "wb"))
            yield output, files.enter_context(_open(ticket.key / ticket.errors, "wb"))


def _open(path: Path, mode: str) -> IO[bytes]:
    """Never through a link, which could lead out of the space."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NOFOLLOW", 0), 0o666))
