"""What no browser would send: two visitors of a hosted dashboard who speak Streamlit's protocol, one against the other.

Whatever Bob sends, nothing that he receives has Ann's word, and Ann succeeds in the same thing.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.support.audit import Audit
from tests.support.neighbours import audit_of
from tests.support.visitor import Received, Visitor
from tests.support.web import entries
from tlcore.hosting.spaces.grants import number_of
from tlcore.hosting.spaces.visitors import COOKIE

Open = Callable[..., Visitor]


@pytest.fixture
def run(hosted, ann, bob):
    """`run(test)`: await `test(open_visitor)`, and check that nobody received a word of somebody else.

    `open_visitor(cookie, number)` is a visitor with this cookie, by default neither Ann nor Bob. With None as number,
    what it receives is not searched.
    """
    log = hosted.home / "logs" / "server.jsonl"
    before = log.stat().st_size if log.is_file() else 0
    audit = audit_of(ann, bob)

    async def awaited(test: Callable[[Open], Awaitable[None]]) -> None:
        async with AsyncExitStack() as stack:

            def open_visitor(cookie: str | None = None, number: int | None = 0) -> Visitor:
                visitor = Visitor(hosted.url(), _searched_by(audit, number))
                visitor.http.headers["Accept"] = "text/html,*/*"
                if cookie is not None:
                    visitor.http.cookies[COOKIE] = cookie
                stack.push_async_callback(visitor.close)
                return visitor

            await test(open_visitor)

    def run_(test: Callable[[Open], Awaitable[None]]) -> None:
        with ThreadPoolExecutor(1) as thread:  # the browser's event loop may be in this one
            thread.submit(asyncio.run, awaited(test)).result()
        assert audit.bytes_searched
        assert not audit.words_found
        with log.open() as file:
            file.seek(before)
            assert not [each for each in entries(file.read()) if each["level"] == "error"]

    return run_


def _searched_by(audit: Audit, number: int | None) -> Received | None:
    return None if number is None else lambda path, data: audit.search(number, path, data)


def shown(visitor: Visitor) -> str:
    """All elements of the page, also the options of lists."""
    return "\n".join(str(each.element) for each in visitor.elements.values())


def test_each_has_the_own_things_on_the_lists(run, ann, bob):
    async def both_look(open_visitor: Open) -> None:
        for who in (ann, bob):
            visitor = open_visitor(who.cookie, who.number)
            await visitor.open("dataset", dataset=who.dataset)
            assert who.word in shown(visitor)

    run(both_look)


def test_a_session_goes_on_only_with_its_cookie(run, ann, bob):
    forged = [f"{ann.visitor}.{bob.cookie.partition('.')[2]}", f"{ann.visitor}.", ann.visitor, f"../{ann.visitor}"]

    async def go_on(open_visitor: Open, session: str) -> None:
        for cookie in (bob.cookie, None, *forged):
            thief = open_visitor(cookie, bob.number)
            await thief.http.get("/_stcore/host-config")
            await thief.connect(session)
            await thief.rerun()
            assert thief.session_id != session
            assert (cookie == bob.cookie) == (not any("tells its visitors apart" in box for box in thief.boxes))

    async def test(open_visitor: Open) -> None:
        visitor = open_visitor(ann.cookie, ann.number)
        await visitor.open("dataset", dataset=ann.dataset)
        session = visitor.session_id
        await go_on(open_visitor, session)
        await visitor.leave()
        await go_on(open_visitor, session)
        await visitor.connect(session)
        await visitor.rerun()
        assert visitor.session_id == session
        assert ann.word in shown(visitor)
        # a page that is opened with a forged cookie gets a new one
        stranger = open_visitor(forged[0])
        await stranger.open("dataset", dataset=ann.dataset)
        assert stranger.http.cookies[COOKIE].partition(".")[0] not in (ann.visitor, bob.visitor)
        assert "This is the demo." in "".join(stranger.shown_boxes())

    run(test)


def test_a_picker_takes_only_what_it_offers(run, ann, bob):
    async def test(open_visitor: Open) -> None:
        visitor = open_visitor(ann.cookie, ann.number)
        await visitor.open("train", view="watch")
        await visitor.choose("Dataset", ann.dataset)
        await visitor.choose("Run", f"run of {ann.word}")
        assert f"run={ann.run}" in visitor.query
        assert ann.word in shown(visitor)

        thief = open_visitor(bob.cookie, bob.number)
        await thief.open("train", view="watch")
        for value in (ann.dataset, ann.source):
            await thief.change(thief.find("selectbox", "Dataset"), string_value=value)
            assert "dataset=demo" in thief.query
        label = next(each for each in visitor.find("selectbox", "Run").proto.options if ann.word in each)
        for value in (ann.run, str(ann.run_path), label):
            # the address then has what he sent, also the word in the label
            thief = open_visitor(bob.cookie, None if value == label else bob.number)
            await thief.open("train", view="watch", dataset=bob.dataset)
            await thief.change(thief.find("selectbox", "Run"), string_value=value)
            assert "That run is not there any more." in "".join(thief.shown_boxes())
            [offered] = thief.find("selectbox", "Run").proto.options
            assert bob.word in offered
            assert ann.word not in thief.text()
            assert not thief.exceptions
            assert not any("Something went wrong" in box for box in thief.boxes)

    run(test)


def test_an_uploaded_file_is_only_of_its_session(run, ann, bob):
    recipe = json.dumps({"name": "x", "title": f"Of {ann.word}", "config": {}}).encode()

    async def test(open_visitor: Open) -> None:
        visitor = open_visitor(ann.cookie, ann.number)
        await visitor.open("train", view="recipes")
        await visitor.upload("Recipe", [("x.json", recipe)])
        assert f"Of {ann.word}" in visitor.text()
        states = visitor.widgets
        [file] = states[visitor.find("file_uploader", "Recipe").proto.id].file_uploader_state_value.uploaded_file_info
        thief = open_visitor(bob.cookie, bob.number)
        await thief.open("train", view="recipes")
        uploader = thief.find("file_uploader", "Recipe")
        state = WidgetState(id=uploader.proto.id)
        state.file_uploader_state_value.uploaded_file_info.append(file)
        thief.widgets[state.id] = state
        await thief.rerun()
        assert not thief.has("button", "Add it")
        urls = FileURLs(file_id=file.file_id, upload_url=file.file_urls.upload_url)
        assert (await thief.put(urls, "x.json", recipe)).status == 404
        assert (await visitor.put(urls, "x.json", recipe)).status == 204

    run(test)


def test_a_link_opens_with_its_token_alone(run, ann):
    async def test(open_visitor: Open) -> None:
        stranger = open_visitor()
        for guess in (number_of(ann.token), ann.token[:-1], f"../{ann.visitor}"):
            await stranger.open("", shared=guess)
            assert "This link opens nothing" in "".join(stranger.shown_boxes())
        assert not any(ann.dataset in str(each.element) for each in stranger.of_kind("selectbox"))
        friend = open_visitor(None, ann.number)
        await friend.open("", shared=ann.token)
        await friend.open("dataset")
        assert any(ann.dataset in str(each.element) for each in friend.of_kind("selectbox"))

    run(test)
