"""Visitors of a hosted dashboard by a letter, and tickets of theirs, without a dashboard."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tlcore.runs.work.tickets import Ticket, make_ticket
from tlcore.system.home import Space, in_space


def space_of(host: Path, letter: str) -> Space:
    """The space of the visitor with this letter, a hexadecimal digit, below the home of the host."""
    return Space(host / "spaces" / (letter * 32), host)


def visiting(host: Path) -> Callable[[str], AbstractContextManager[None]]:
    """`with visiting(home)("a"):` works in the space of visitor a."""
    return lambda letter: in_space(space_of(host, letter))


def ticket_of(host: Path, letter: str, name: str, **fields: object) -> Ticket:
    """A ticket of a visitor for a probe of this name, or with `is_run=True` for a run. It is not submitted."""
    here = space_of(host, letter)
    folder = here.home / ("runs" if fields.get("is_run") else "cache/probes") / name
    folder.mkdir(parents=True, exist_ok=True)
    with in_space(here):
        return make_ticket(folder, ["audit", "--json"], "lines.jsonl", "errors.log", **fields)
