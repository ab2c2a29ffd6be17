"""Whose a request is, where visitors have accounts: what Streamlit's signed cookie says, and no other."""

import json

import pytest
from starlette.datastructures import Headers
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from tlcore.hosting.spaces.visitors import COOKIE, new_visitor, sign, visitor_of_account
from ui.hosting import accounts
from ui.hosting.accounts import account_of, visitor_with

SECRET, ORIGIN, ISSUER = "of the host " * 4, "https://lab.example", "https://accounts.example"
ANN = {"iss": ISSUER, "sub": "ann", "origin": ORIGIN, "is_logged_in": True}


@pytest.fixture(autouse=True)
def host(monkeypatch):
    monkeypatch.setattr(accounts, "get_cookie_secret", lambda: SECRET)
    monkeypatch.setattr(accounts, "get_origin_from_redirect_uri", lambda: ORIGIN)


def asks(user: str | None, visitor: str | None = None):
    cookies = {"_streamlit_user": user, COOKIE: visitor and sign(visitor)}
    text = "; ".join(f"{name}={value}" for name, value in cookies.items() if value)
    return {"type": "http", "headers": Headers({"cookie": text}).raw}


def signed(claims, secret=SECRET, name="_streamlit_user") -> str:
    return create_signed_value(secret, name, json.dumps(claims)).decode()


def test_an_account_is_the_same_visitor_in_each_browser():
    ann = visitor_of_account(ISSUER, "ann")
    for browser in (new_visitor(), new_visitor(), None):
        assert visitor_with(login=True)(asks(signed(ANN), browser)) == ann
    assert visitor_with(login=True)(asks(signed({**ANN, "sub": "bob"}))) == visitor_of_account(ISSUER, "bob") != ann


@pytest.mark.parametrize(
    "user",
    [
        None,
        "x",
        "é",
        signed(ANN, secret="of another " * 4),
        signed(ANN, name="_streamlit_user_tokens"),
        signed({**ANN, "origin": "https://other.example"}),
        signed({**ANN, "is_logged_in": False}),
        signed({**ANN, "sub": ""}),
        signed({**ANN, "iss": None}),
        signed([1]),
        create_signed_value(SECRET, "_streamlit_user", "no json").decode(),
        create_signed_value(SECRET, "_streamlit_user", "chunks-3").decode(),
    ],
    ids=range(12),  # a signature has the time in it, and each process of the tests must name them alike
)
def test_who_is_not_logged_in_is_known_by_the_browser(user):
    browser = new_visitor()
    assert account_of(asks(user, browser)) is None
    assert visitor_with(login=True)(asks(user, browser)) == browser


def test_without_a_login_the_browser_decides():
    browser = new_visitor()
    assert visitor_with(login=False)(asks(signed(ANN), browser)) == browser
    assert visitor_with(login=False)(asks(signed(ANN))) is None
