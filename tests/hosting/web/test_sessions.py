"""Open pages are limited, in all and for each client; a page's messages are limited in size and number."""

import pytest
from starlette.websockets import WebSocketDisconnect

from tests.support.web import PAGE, client_of, echo
from tlcore.hosting.web import sessions
from tlcore.hosting.web.sessions import Sessions


def test_a_client_has_so_many_pages_open_and_is_told_why_there_are_no_more():
    app = Sessions(echo, most=10, most_of_one=2)
    with client_of(app) as client, client_of(app, "192.0.2.8") as other:
        with client.websocket_connect("/_stcore/stream"), client.websocket_connect("/_stcore/stream"):
            with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/_stcore/stream"):
                pass
            assert refused.value.code == 1013
            page = client.get("/train", headers=PAGE)
            assert page.status_code == 503
            assert "2 pages of this dashboard are open from your network already" in page.text
            assert '<meta http-equiv="refresh" content="20">' in page.text
            assert client.get("/static/js/index.js").status_code == 200
            with other.websocket_connect("/_stcore/stream"):
                assert app.open == 3
        assert app.open == 0
        with client.websocket_connect("/_stcore/stream"):
            assert app.open == 1


def test_all_clients_together_have_so_many_pages_open():
    app = Sessions(echo, most=1, most_of_one=5)
    with client_of(app) as client, client_of(app, "192.0.2.8") as other:
        with client.websocket_connect("/_stcore/stream"):
            page = other.get("/", headers=PAGE)
            assert page.status_code == 503
            assert "Too many people are here at the moment." in page.text
        assert other.get("/", headers=PAGE).status_code == 200


def test_pages_that_are_opened_and_closed_again_and_again_are_refused():
    app = Sessions(echo, most=10, most_of_one=1)
    with client_of(app) as client:
        for _ in range(sessions.BEGUN):
            with client.websocket_connect("/_stcore/stream"):
                pass
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
            pass


def test_a_message_that_is_too_large_closes_the_page(monkeypatch):
    monkeypatch.setattr(sessions, "MESSAGE_BYTES", 10)
    with client_of(Sessions(echo, most=1, most_of_one=1)) as client, client.websocket_connect("/") as websocket:
        websocket.send_bytes(b"0123456789")
        assert websocket.receive_bytes() == b"0123456789"
        websocket.send_bytes(b"0123456789+")
        with pytest.raises(WebSocketDisconnect) as closed:
            websocket.receive_bytes()
    assert closed.value.code == 1009


def test_too_many_messages_close_the_page(monkeypatch):
    monkeypatch.setattr(sessions, "MESSAGES", 3)
    with client_of(Sessions(echo, most=1, most_of_one=1)) as client, client.websocket_connect("/") as websocket:
        for _ in range(4):
            websocket.send_bytes(b"again")
        assert [websocket.receive_bytes() for _ in range(3)] == [b"again"] * 3
        with pytest.raises(WebSocketDisconnect) as closed:
            websocket.receive_bytes()
    assert closed.value.code == 1008


def test_messages_that_may_not_pass_are_dropped():
    app = Sessions(echo, most=1, most_of_one=1, may_pass=lambda message: message != b"clear cache")
    with client_of(app) as client, client.websocket_connect("/") as websocket:
        websocket.send_bytes(b"clear cache")
        websocket.send_bytes(b"rerun")
        assert websocket.receive_bytes() == b"rerun"
