"""How much a visitor may have waiting in the queue."""

from tlcore.errors import NotAllowed
from tlcore.hosting.settings import host_settings
from tlcore.runs.work.tickets import goes_to_queue, list_tickets
from tlcore.system.home import space
from tlcore.words import count


def check_waiting_room(pieces: int) -> None:
    """Raises NotAllowed if a visitor cannot submit so many more pieces of work. On one's own machine: never."""
    if not goes_to_queue():
        return
    most, home = host_settings().waiting_per_visitor, space().home
    there = sum(ticket.home == home for ticket in list_tickets())
    if there + pieces > most:
        raise NotAllowed(
            f"At most {count(most, 'piece')} of your work may wait or be under way on this shared dashboard. There "
            f"are {there:,}, and this is {pieces:,} more. Wait until some is done, or take some out of the queue."
        )
