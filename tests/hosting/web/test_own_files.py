"""Files and sessions of Streamlit: only the visitor to whom they were sent gets at them."""

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocket
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tlcore.hosting.spaces.visitors import COOKIE, new_visitor, sign
from tlcore.hosting.web import own_files
from tlcore.hosting.web.own_files import OwnFiles
from ui.hosting.accounts import browser_of
from ui.hosting.sent import read_sent

PICTURE = f"{'a' * 32}.png"
SESSION = "4f3c-of-ann"


def message(**fields) -> bytes:
    built = ForwardMsg()
    if "session" in fields:
        built.new_session.initialize.session_id = fields["session"]
    if "picture" in fields:
        built.delta.new_element.imgs.imgs.add().url = fields["picture"]
    if "download" in fields:
        built.backend_operation_response.deferred_file.url = fields["download"]
    if "text" in fields:
        built.delta.new_element.text_input.value = fields["text"]
    return built.SerializeToString()


async def streamlit(scope, receive, send):
    """Sends back what it is sent, and before that the protocols that it was asked for; answers requests with 200."""
    if scope["type"] == "websocket":
        websocket = WebSocket(scope, receive, send)
        await websocket.accept()
        await websocket.send_text(websocket.headers.get("sec-websocket-protocol", ""))
        async for data in websocket.iter_bytes():
            await websocket.send_bytes(data)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"content"})


@pytest.fixture
def app():
    return OwnFiles(streamlit, read=read_sent, visitor=browser_of)


@pytest.fixture
def visitor(app):
    return lambda: TestClient(app, cookies={COOKIE: sign(new_visitor())})


def tell(client, *messages):
    with client.websocket_connect("/_stcore/stream") as socket:
        socket.receive_text()
        for each in messages:
            socket.send_bytes(each)
            assert socket.receive_bytes() == each


@pytest.mark.parametrize("kind", ["picture", "download"])
def test_a_file_is_served_to_the_visitor_whose_page_shows_it_and_to_nobody_else(visitor, app, kind):
    ann, bob = visitor(), visitor()
    assert ann.get(f"/media/{PICTURE}").status_code == 404
    tell(ann, message(session=SESSION), message(**{kind: f"/media/{PICTURE}"}))
    assert ann.get(f"/media/{PICTURE}").text == "content"
    assert bob.get(f"/media/{PICTURE}").status_code == 404
    assert TestClient(app).get(f"/media/{PICTURE}").status_code == 404
    assert TestClient(app, cookies={COOKIE: "0" * 32 + "." + "0" * 64}).head(f"/media/{PICTURE}").status_code == 404


def test_an_address_that_a_visitor_typed_opens_nothing(visitor):
    bob = visitor()
    tell(bob, message(session="x"), message(text=f"/media/{PICTURE}"))
    assert bob.get(f"/media/{PICTURE}").status_code == 404


def test_files_are_uploaded_into_ones_own_session_only(visitor):
    ann, bob = visitor(), visitor()
    tell(ann, message(session=SESSION))
    for client, status in ((ann, 200), (bob, 404)):
        assert client.put(f"/_stcore/upload_file/{SESSION}/x", content=b"").status_code == status
        assert client.delete(f"/_stcore/upload_file/{SESSION}/x").status_code == status


def test_a_session_is_gone_on_with_by_its_visitor_only(visitor):
    ann, bob = visitor(), visitor()
    tell(ann, message(session=SESSION))
    asked = ["streamlit", "xsrf", SESSION]
    for client, passed in ((ann, asked), (bob, asked[:2])):
        with client.websocket_connect("/_stcore/stream", subprotocols=asked) as socket:
            assert [part.strip() for part in socket.receive_text().split(",")] == passed


def test_other_addresses_are_left_alone(app):
    assert TestClient(app).get("/static/x.js").text == "content"


def test_so_much_is_remembered_and_the_oldest_is_forgotten_first(visitor, monkeypatch):
    monkeypatch.setattr(own_files, "MOST_FILES", 2)
    ann, names = visitor(), [f"{letter * 32}.png" for letter in "abc"]
    tell(ann, *(message(session=SESSION, picture=f"/media/{name}") for name in names[:2]))
    tell(ann, *(message(picture=f"/media/{name}") for name in (names[0], names[2])))
    assert [ann.get(f"/media/{name}").status_code for name in names] == [200, 404, 200]
