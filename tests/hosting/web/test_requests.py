"""Requests, open pages and unexpected errors are in the log; the visitor of an error gets its id and nothing else."""

import logging

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
