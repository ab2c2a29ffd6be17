"""Whether work of a visitor is accepted: what is left of today, and whether it fits into the memory of the worker.

How many pieces may wait is `waiting_room`; bytes, images and the number of runs are `quotas`.
"""

from collections.abc import Sequence
from pathlib import Path

from tlcore.errors import NotAllowed, RunError
from tlcore.hosting.limits.usage import free_again, usage_today
from tlcore.hosting.queue.waiting_room import check_waiting_room
from tlcore.hosting.settings import HostSettings, host_settings
from tlcore.runs.folder.run import Run
from tlcore.runs.start import Asked, prepare_with
from tlcore.runs.work.tickets import EVALUATE_ONLY, Ticket, admit_with, list_tickets
from tlcore.system.allowance import Wish, room_for
from tlcore.system.home import space
from tlcore.words import count, seconds, size


def limit_work() -> None:
    """From now on, this process accepts no more work of a visitor than the host allows."""
    admit_with(check_tickets)
    prepare_with(check_runs)


def check_tickets(asked: Sequence[Ticket]) -> None:
    """For `tickets.admit_with`. Raises NotAllowed if the visitor has nothing left of today, or too much waiting."""
    here, settings = space(), host_settings()
    if here.host is not None:
        _check_seconds(here.home, settings)
        _check_epochs_today(here.home, sum(map(_epochs_of, asked)), settings)
        check_waiting_room(len(asked))


def check_runs(asked: Sequence[Asked]) -> None:
    """For `start.prepare_with`. Raises NotAllowed if these runs are too many, or too large for memory or disk."""
    here, settings = space(), host_settings()
    if here.host is None:
        return
    for config, _ in asked:
        if config.epochs > settings.epochs_per_run:
            raise NotAllowed(
                f"A run can have {count(settings.epochs_per_run, 'epoch')} on this shared dashboard, and this one has "
                f"{config.epochs:,}. Set fewer."
            )
    _check_seconds(here.home, settings)
    _check_epochs_today(here.home, sum(config.epochs for config, _ in asked), settings)
    run_bytes = sum(_check_network(one, settings) for one in asked)
    with room_for(Wish(size_bytes=run_bytes, runs=len(asked))):
        pass  # it is only asked for: what a run writes is counted as it is written


def _check_seconds(home: Path, settings: HostSettings) -> None:
    used = usage_today(home).seconds
    if used >= settings.seconds_per_day:
        raise NotAllowed(
            f"Your work can compute for {seconds(settings.seconds_per_day)} a day on this shared dashboard, and "
            f"{seconds(used)} are used. You have time again {free_again()}."
        )


def _check_epochs_today(home: Path, asked: int, settings: HostSettings) -> None:
    used = usage_today(home).epochs
    waiting = sum(_epochs_of(ticket) for ticket in list_tickets() if ticket.home == home)
    if asked and used + waiting + asked > settings.epochs_per_day:
        raise NotAllowed(
            f"You can train {count(settings.epochs_per_day, 'epoch')} a day on this shared dashboard. {used:,} are "
            f"done today and {waiting:,} wait, and this is {asked:,} more. Train fewer, or wait: all are yours again "
            f"{free_again()}."
        )


def _epochs_of(ticket: Ticket) -> int:
    """The epochs that a ticket still trains."""
    if not ticket.is_run or EVALUATE_ONLY in ticket.command:
        return 0
    try:
        return max(Run(ticket.key).config.epochs - Run(ticket.key).status().epoch, 0)
    except RunError:  # it was deleted meanwhile
        return 0


def _check_network(asked: Asked, settings: HostSettings) -> int:
    """Bytes that the folder of the run takes at most. Raises NotAllowed if the worker's memory is too small for it."""
    from tlcore.training.plan import outline_run  # imports torch
    from tlcore.training.preview.memory import estimate_memory, smaller_batch
    from tlcore.training.preview.projection import projected_disk

    plan = outline_run(*asked)
    needed = estimate_memory(plan).total
    if needed > settings.worker_bytes:
        batch = smaller_batch(plan, settings.worker_bytes)
        fits = f"It fits with a batch size of {batch}. " if batch else ""
        only_head = "" if plan.config.strategy.name == "feature_extraction" else ", and training only the head"
        raise NotAllowed(
            f"This run would take about {size(needed)} of memory, and a run has {size(settings.worker_bytes)} on this "
            f"shared dashboard. {fits}Smaller images and a smaller network take less{only_head}."
        )
    run_bytes = projected_disk(plan).run_bytes
    if run_bytes > settings.bytes_per_visitor:
        raise NotAllowed(
            f"This run would take up to {size(run_bytes)} on the disk, with a checkpoint for each epoch, and you have "
            f"{size(settings.bytes_per_visitor)} on this shared dashboard. Train fewer epochs, or only the head."
        )
    return run_bytes
