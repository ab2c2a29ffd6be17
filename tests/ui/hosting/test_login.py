"""A host that wants logins is told at the start what is missing for them."""

import pytest

from tlcore.errors import ConfigError
from ui.hosting import login


@pytest.fixture
def set_up(monkeypatch):
    def set_(section: dict[str, str], authlib: bool = True) -> None:
        monkeypatch.setattr(login, "get_secrets_auth_section", lambda: section)
        monkeypatch.setattr(login, "is_authlib_installed", lambda: authlib)

    return set_


def test_what_is_missing_for_a_login_is_named(set_up):
    set_up({})
    with pytest.raises(ConfigError, match=r"\[auth\] in .streamlit/secrets.toml lacks redirect_uri and cookie_secret"):
        login.check_login()
    set_up({"redirect_uri": "https://lab.example/oauth2callback"})
    with pytest.raises(ConfigError, match="lacks cookie_secret"):
        login.check_login()


def test_authlib_is_needed_for_a_login_only(set_up):
    section = {"redirect_uri": "https://lab.example/oauth2callback", "cookie_secret": "x" * 32}
    set_up(section, authlib=False)
    with pytest.raises(ConfigError, match="Authlib is not installed"):
        login.check_login()
    set_up(section)
    login.check_login()
