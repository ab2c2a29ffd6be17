"""What a login needs, checked when the server starts: an `[auth]` section in Streamlit's secrets, and Authlib."""

from importlib import import_module

from streamlit.auth_util import get_secrets_auth_section, is_authlib_installed

from tlcore.errors import ConfigError

CALLBACK = "/oauth2callback"
_NEEDED = ("redirect_uri", "cookie_secret")
_OF_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
_SECRET_CHARACTERS = 32


def check_login() -> None:
    """Raises ConfigError if visitors could not log in."""
    section = get_secrets_auth_section()
    provider = section.get("default") or section
    missing = [name for name in _NEEDED if not section.get(name)]
    missing += [name for name in _OF_PROVIDER if not provider.get(name)]
    if missing:
        raise _wrong(f"lacks {', '.join(missing[:-1])}{' and ' if missing[1:] else ''}{missing[-1]}")
    if not str(section["redirect_uri"]).endswith(CALLBACK):
        raise _wrong(f"has a redirect_uri that does not end with {CALLBACK}")
    if len(str(section["cookie_secret"])) < _SECRET_CHARACTERS:
        raise _wrong(f"has a cookie_secret of fewer than {_SECRET_CHARACTERS} characters, which can be guessed")
    if not _has_authlib():
        raise ConfigError("`login` is set, and Authlib is not installed. Run: pip install 'streamlit[auth]'")


def _has_authlib() -> bool:
    """Also what Authlib needs to ask a provider, and does not install itself."""
    try:
        import_module("authlib.integrations.starlette_client")
    except ImportError:
        return False
    return is_authlib_installed()


def _wrong(what: str) -> ConfigError:
    return ConfigError(
        f"`login` is set, and [auth] in .streamlit/secrets.toml {what}. Set up st.login there, or leave `login` out."
    )
