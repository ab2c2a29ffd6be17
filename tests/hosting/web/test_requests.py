"""Requests, open pages and unexpected errors are in the log; the visitor of an error gets its id and nothing else."""

import asyncio
import logging
from types import SimpleNamespace

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_websocket import create_websocket_routes

from tests.support.web import PAGE, client_of, echo
from tlcore.hosting.web.page_log import Asked, PageLog
from tlcore.hosting.web.requests import RequestLog


def logged(app):
    return RequestLog(app, who=lambda scope: "0123abcd", address=lambda scope: None)


async def broken(scope, receive, send):
    raise RuntimeError("no such thing in /srv/secret/place")


def facts(caplog):
    return [record.facts for record in caplog.records]


def test_an_unexpected_error_shows_its_id_which_the_log_has_with_the_traceback(caplog):
    with client_of(logged(broken)) as client:
        answer = client.get("/train?token=s3cret", headers=PAGE)
    assert answer.status_code == 500
    failure, request = caplog.records
    assert failure.facts["error_id"] in answer.text
    assert f"Something went wrong here. Error {failure.facts['error_id']}; the host finds it in the log." in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert failure.exc_info[1].args == ("no such thing in /srv/secret/place",)
    assert failure.facts["who"] == "0123abcd"
    assert request.facts["status"] == 500
    assert "s3cret" not in str(facts(caplog))


def test_requests_are_logged_without_what_opens_something(caplog):
    caplog.set_level(logging.INFO, "tlcore")
    with client_of(logged(echo)) as client:
        client.get("/train?token=s3cret", headers={"cookie": "a=s3cret"})
        client.put("/_stcore/upload_file/s3cret/s3cret")
        client.get("/static/js/index.js")
        with client.websocket_connect("/_stcore/stream"):
            pass
    assert [(each["path"], each["who"]) for each in facts(caplog)] == [
        ("/train", "0123abcd"),
        ("/_stcore/upload_file", "0123abcd"),
        ("/_stcore/stream", "0123abcd"),
    ]
    assert "s3cret" not in str(facts(caplog))
    assert facts(caplog)[0]["seconds"] >= 0


def test_the_log_has_each_run_of_a_page_with_what_was_used(caplog):
    caplog.set_level(logging.INFO, "tlcore")

    def read(data: bytes) -> Asked | None:
        return Asked("train", data.decode(), by_itself=data == b"timer") if data not in (b"heartbeat", b"end") else None

    app = PageLog(echo, read, lambda data: data == b"end", who=lambda scope: "0123abcd")
    with client_of(app) as client, client.websocket_connect("/") as websocket:
        for message in (b"heartbeat", b"train_start", b"timer", b"end", b"timer", b"end"):
            websocket.send_bytes(message)
            websocket.receive_bytes()
    (entry,) = facts(caplog)
    assert (entry["page"], entry["action"], entry["who"]) == ("train", "train_start", "0123abcd")


STREAM = {"type": "websocket", "path": "/_stcore/stream", "headers": [(b"host", b"a.example")], "subprotocols": []}


def streamlits_websocket(fails: BaseException | None = None):
    """Streamlit's own handling of a websocket, with a session that sends something at once, and then `fails`."""

    def connect(client, user_info, existing_session_id):
        client.write_forward_msg(ForwardMsg())
        return "1"

    def handle(session, message, client):
        if fails:
            raise fails

    runtime = SimpleNamespace(connect_session=connect, handle_backmsg=handle, disconnect_session=lambda *_, **__: None)
    [route] = create_websocket_routes(runtime, None)
    return route.app


async def leave_while_something_is_sent(app) -> None:
    """The connection breaks with the first message to the browser. What the browser had sent before comes later."""
    broken = asyncio.Event()
    message = BackMsg()
    message.app_heartbeat = True
    events = [
        {"type": "websocket.disconnect", "code": 1006},
        {"type": "websocket.receive", "bytes": message.SerializeToString()},
        {"type": "websocket.connect"},
    ]

    async def receive():
        if len(events) < 3:
            await broken.wait()
        return events.pop()

    async def send(message):
        if message["type"] == "websocket.send":
            broken.set()
            raise OSError("the browser has gone")

    await app(dict(STREAM), receive, send)


def test_a_browser_that_leaves_while_something_is_sent_is_no_error(caplog):
    caplog.set_level(logging.INFO)
    with pytest.raises(RuntimeError, match="close message has been sent"):
        asyncio.run(leave_while_something_is_sent(streamlits_websocket()))
    asyncio.run(leave_while_something_is_sent(logged(streamlits_websocket())))
    assert [record.getMessage() for record in caplog.records] == ["left while something was sent", "visit"]
    assert {record.levelno for record in caplog.records} == {logging.INFO}

    async def accepts(scope, receive, send):
        await send({"type": "websocket.send", "bytes": b""})

    caplog.clear()
    asyncio.run(leave_while_something_is_sent(logged(accepts)))
    assert {record.levelno for record in caplog.records} == {logging.INFO}


def test_an_error_of_ours_is_one_also_after_the_browser_has_left(caplog):
    with pytest.raises(KeyError, match="ours"):
        asyncio.run(leave_while_something_is_sent(logged(streamlits_websocket(KeyError("ours")))))
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in errors] == ["request failed"]
