"""Addresses that nobody needs are closed."""

import pytest

from tests.support.web import client_of, echo
from tlcore.hosting.web.closed import ClosedRoutes


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/metrics?families=session_duration",
        "/_stcore/%6Detrics",
        "/_stcore/script-health-check",
        "/_stcore/agent/interact",
        "/_stcore/agent/openapi.json",
        "/_stcore/bidi-components/any/index.js",
        "/_stcore/upload_file",
        "/_stcore/something-new",
        "/component/streamlit_plotly/index.html",
        "/app/static/a.html",
        "/auth/login",
        "/oauth2callback?code=1",
    ],
)
def test_what_nobody_needs_is_closed(path):
    with client_of(ClosedRoutes(echo)) as client:
        answer = client.get(path)
    assert answer.status_code == 404
    assert answer.text == "There is nothing at this address."


@pytest.mark.parametrize(
    "path", ["/", "/train", "/static/js/index.js", "/media/1.png", "/_stcore/health", "/_stcore/host-config"]
)
def test_what_pages_need_is_open(path):
    with client_of(ClosedRoutes(echo)) as client:
        assert client.get(path).status_code == 200
        assert client.put("/_stcore/upload_file/session/file").status_code == 200
        with client.websocket_connect("/_stcore/stream") as websocket:
            websocket.send_bytes(b"hello")
            assert websocket.receive_bytes() == b"hello"


def test_below_a_path_of_its_own_the_same_is_closed():
    with client_of(ClosedRoutes(echo, base="/lab")) as client:
        assert client.get("/lab/_stcore/metrics").status_code == 404
        assert client.get("/lab/_stcore/health").status_code == 200


def test_the_addresses_of_a_login_are_open_if_there_is_one():
    with client_of(ClosedRoutes(echo, login=True)) as client:
        for path in ("/auth/login", "/auth/logout", "/oauth2callback?code=1"):
            assert client.get(path).status_code == 200
        assert client.get("/auth/something-new").status_code == 404
        assert client.post("/oauth2callback").status_code == 405
        assert client.get("/_stcore/metrics").status_code == 404


def test_methods_that_no_page_uses_are_refused():
    with client_of(ClosedRoutes(echo)) as client:
        assert client.post("/train").status_code == 405
