"""The address of the zip: with a ticket of one's own, and in the browser that got it."""

import io
import zipfile

from starlette.testclient import TestClient

from tlcore.hosting.spaces.taking_along import FOLDER
from tlcore.hosting.spaces.visitors import COOKIE, new_visitor, sign, space_of
from tlcore.hosting.web import take_along
from tlcore.hosting.web.take_along import PATH, TakeAlong, hand_out
from ui.hosting.accounts import browser_of


async def elsewhere(scope, receive, send):
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def fetch(ticket, visitor=None):
    client = TestClient(TakeAlong(elsewhere, visitor=browser_of), cookies={COOKIE: sign(visitor)} if visitor else {})
    return client.get(PATH, params={"ticket": ticket})


def test_the_visitor_gets_the_zip_and_nobody_else(ann):
    recipe = space_of(ann).home / "recipes" / "mine.json"
    recipe.parent.mkdir(parents=True)
    recipe.write_text("{}")
    ticket = hand_out(space_of(ann))
    got = fetch(ticket, ann)
    assert got.headers["content-disposition"] == f'attachment; filename="{FOLDER}.zip"'
    assert f"{FOLDER}/recipes/mine.json" in zipfile.ZipFile(io.BytesIO(got.content)).namelist()
    for refused in (fetch(ticket, new_visitor()), fetch(ticket), fetch("x", ann), fetch("", ann)):
        assert refused.status_code == 404
        assert refused.text.startswith("This is not to be had any more.")


def test_a_ticket_is_good_for_a_time_and_until_the_next_one(ann, monkeypatch):
    first, second = hand_out(space_of(ann)), hand_out(space_of(ann))
    assert [fetch(ticket, ann).status_code for ticket in (first, second)] == [404, 200]
    monkeypatch.setattr("time.monotonic", lambda: float("inf"))
    assert fetch(second, ann).status_code == 404


def test_so_many_zips_are_made_at_a_time(ann):
    ticket = hand_out(space_of(ann))
    for _ in range(take_along.MOST_AT_ONCE):
        take_along._room.acquire()
    try:
        assert fetch(ticket, ann).status_code == 503
    finally:
        for _ in range(take_along.MOST_AT_ONCE):
            take_along._room.release()
    assert fetch(ticket, ann).status_code == 200


def test_all_other_addresses_are_passed_on(ann):
    assert TestClient(TakeAlong(elsewhere, visitor=browser_of)).get("/").status_code == 418
