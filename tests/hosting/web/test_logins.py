"""After a login one is where one wanted to be, and after a log-out no page of the browser is open any more."""

import pytest
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.websockets import WebSocketDisconnect

from tests.support.web import PAGE, client_of, echo
from tlcore.hosting.spaces.visitors import COOKIE, new_visitor, sign
from tlcore.hosting.web.logins import ASKED, CALLBACK, LOG_IN, LOG_OUT, Logins

LOGGED_IN = f"{CALLBACK}?code=1&state=2"


async def streamlit(scope, receive, send):
    """Logs in at once; the provider does not answer if it is asked to fail."""
    if scope["type"] == "http" and scope["path"].endswith((LOG_IN, LOG_OUT, CALLBACK)):
        failed = b"fail" in scope["query_string"]
        answer = PlainTextResponse("Authentication error", 400) if failed else RedirectResponse("/", 302)
        if scope["path"].endswith(CALLBACK) and b"error" not in scope["query_string"]:
            answer.set_cookie("_streamlit_user", "ann", httponly=True)
        else:
            answer.delete_cookie("_streamlit_user")
        await answer(scope, receive, send)
    else:
        await echo(scope, receive, send)


def account_of(scope):
    return HTTPConnection(scope).cookies.get("_streamlit_user")


def whole(base=""):
    return Logins(streamlit, account=account_of, base=base)


def log_in(client, address, callback=LOGGED_IN, base=""):
    client.get(address, headers=PAGE)
    return client.get(base + callback, follow_redirects=False)


@pytest.mark.parametrize("address", ["/train?view=recipes", "/?shared=a-b_c%2F%20%3B,", "/dataset?dataset=%C3%A9%25"])
def test_a_login_leads_to_the_page_that_was_asked_for(address):
    with client_of(whole()) as client:
        answer = log_in(client, address)
        assert answer.headers["location"] == address
        assert ASKED not in client.cookies


def test_below_a_path_of_its_own_it_does_too():
    with client_of(whole("/lab")) as client:
        assert log_in(client, "/lab/train", base="/lab").headers["location"] == "/lab/train"
        client.cookies.clear()
        client.cookies.set(ASKED, "/elsewhere", path=f"/lab{CALLBACK}")
        assert client.get(f"/lab{LOGGED_IN}", follow_redirects=False).headers["location"] == "/"


@pytest.mark.parametrize(
    "asked", ["//evil.example", "/%5Cevil.example", "https://evil.example", "/%0D%0Ax:y", "/auth/logout", CALLBACK, ""]
)
def test_no_cookie_leads_away_from_the_dashboard_or_out_again(asked):
    with client_of(whole()) as client:
        client.cookies.set(ASKED, asked, path=CALLBACK)
        answer = client.get(LOGGED_IN, follow_redirects=False)
        assert answer.headers["location"] == "/"
        assert len(answer.headers.get_list("set-cookie")) == 1


def test_without_a_login_nothing_is_led_anywhere():
    with client_of(whole()) as client:
        assert log_in(client, "/train", f"{CALLBACK}?error=access_denied").headers["location"] == "/"
        assert client.cookies.get(ASKED) == "/train"
        # the provider sends the browser here when it has logged out
        answer = client.get(CALLBACK, follow_redirects=False)
        assert (answer.headers["location"], answer.headers.get("set-cookie")) == ("/", None)


def test_only_opened_pages_of_strangers_are_remembered():
    with client_of(whole()) as client:
        client.get("/static/index.js", headers=PAGE)
        client.get("/train", headers={"accept": "*/*"})
        client.get(f"/train?{'x' * 2000}", headers=PAGE)
        log_in(client, "/")
        client.get("/predict", headers=PAGE)
        assert ASKED not in client.cookies


def test_cookies_of_a_login_are_sent_by_https_only():
    with client_of(whole()) as client:
        client.base_url = "https://lab.example"
        for address in ("/train", LOG_IN, LOGGED_IN, LOG_OUT):
            answer = client.get(address, headers=PAGE, follow_redirects=False)
            assert all("; Secure" in cookie for cookie in answer.headers.get_list("set-cookie")), address
            assert "set-cookie" in answer.headers


def test_a_provider_that_does_not_answer_is_said_in_words():
    with client_of(whole()) as client:
        answer = client.get(f"{LOG_IN}?fail", headers=PAGE)
    assert answer.status_code == 502
    assert "The service that you log in with does not answer." in answer.text


def test_a_log_out_closes_the_accounts_pages_in_that_browser_only():
    app, here, elsewhere = whole(), sign(new_visitor()), sign(new_visitor())
    cookies = [("ann", here), ("ann", elsewhere), ("bob", here), (None, here)]
    with client_of(app) as client:
        headers = [
            {"cookie": f"{COOKIE}={browser}" + (f"; _streamlit_user={user}" if user else "")}
            for user, browser in cookies
        ]
        sockets = [client.websocket_connect("/_stcore/stream", headers=each) for each in headers]
        for socket in sockets:
            socket.__enter__()
        client.get(LOG_OUT, headers=headers[0], follow_redirects=False)
        with pytest.raises(WebSocketDisconnect):
            sockets[0].receive_bytes()
        for socket in sockets[1:]:
            socket.send_bytes(b"here")
            assert socket.receive_bytes() == b"here"
        for socket in sockets:
            socket.__exit__(None, None, None)
        assert not app._open
