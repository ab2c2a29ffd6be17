import asyncio

import pytest

from tlcore.delivery.serve.admission import Admission
from tlcore.delivery.serve.limits import Limits
from tlcore.delivery.serve.refusals import Refused


async def ask(admission: Admission, addresses: list[str]) -> list[int | None]:
    """These clients ask one after the other, and all end together; the status of each refused one, else None."""
    end = asyncio.Event()

    async def one(address: str) -> None:
        async with admission.turn(address):
            await end.wait()

    tasks = [asyncio.create_task(one(address)) for address in addresses]
    for _ in addresses:
        await asyncio.sleep(0)
    end.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    return [error.status if isinstance(error, Refused) else error for error in found]


def hold(admission: Admission, addresses: list[str]) -> list[int | None]:
    return asyncio.run(ask(admission, addresses))


def test_more_than_work_and_queue_hold_are_refused_and_places_come_back():
    admission = Admission(Limits(concurrency=2, queue=1, per_client=9))

    async def twice() -> None:
        assert await ask(admission, ["10.0.0.1"] * 5) == [None, None, None, 503, 503]
        assert (admission.working, admission.waiting, admission.answered) == (0, 0, 3)
        assert await ask(admission, ["10.0.0.1"] * 3) == [None, None, None]

    asyncio.run(twice())


def test_one_client_cannot_take_all_places():
    admission = Admission(Limits(concurrency=4, queue=4, per_client=2))
    assert hold(admission, ["10.0.0.1"] * 3 + ["10.0.0.2"] * 2) == [None, None, 429, None, None]


@pytest.mark.parametrize(
    ("addresses", "status"),
    [
        (("2001:db8:1:2::1", "2001:db8:1:2::ffff"), 429),
        (("2001:db8:1:2::1", "2001:db8:1:3::1"), None),
        (("::ffff:10.0.0.1", "::ffff:10.0.0.2"), None),
        (("", ""), 429),
    ],
)
def test_a_client_in_ipv6_is_its_network(addresses, status):
    assert hold(Admission(Limits(per_client=1)), list(addresses)) == [None, status]
