"""A host that wants logins is told at the start what is missing for them."""

import pytest

from tlcore.errors import ConfigError
from ui.hosting import login

PROVIDER = {"client_id": "lab", "client_secret": "x", "server_metadata_url": "https://accounts.example/discovery"}
GOOD = {"redirect_uri": "https://lab.example/oauth2callback", "cookie_secret": "x" * 32, **PROVIDER}


@pytest.fixture
def set_up(monkeypatch):
    def set_(section: dict[str, object], authlib: bool = True) -> None:
        monkeypatch.setattr(login, "get_secrets_auth_section", lambda: section)
        monkeypatch.setattr(login, "_has_authlib", lambda: authlib)

    return set_


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({**PROVIDER}, "lacks redirect_uri and cookie_secret"),
        ({**GOOD, "cookie_secret": ""}, "lacks cookie_secret"),
        ({**GOOD, "server_metadata_url": ""}, "lacks server_metadata_url"),
        ({**GOOD, "google": PROVIDER, "client_id": ""}, "lacks client_id"),
        ({**GOOD, "redirect_uri": "https://lab.example/"}, "a redirect_uri that does not end with /oauth2callback"),
        ({**GOOD, "cookie_secret": "secret"}, "a cookie_secret of fewer than 32 characters"),
    ],
)
def test_what_is_wrong_for_a_login_is_named(set_up, section, words):
    set_up(section)
    with pytest.raises(ConfigError, match=rf"\[auth\] in .streamlit/secrets.toml .*{words}"):
        login.check_login()


def test_authlib_is_needed_for_a_login_only(set_up):
    set_up(GOOD, authlib=False)
    with pytest.raises(ConfigError, match="Authlib is not installed"):
        login.check_login()
    set_up(GOOD)
    login.check_login()
    set_up({"redirect_uri": GOOD["redirect_uri"], "cookie_secret": GOOD["cookie_secret"], "default": PROVIDER})
    login.check_login()
