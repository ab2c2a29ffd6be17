"""What a login needs, checked when the server starts: an `[auth]` section in Streamlit's secrets, and Authlib."""

from streamlit.auth_util import get_secrets_auth_section, is_authlib_installed

from tlcore.errors import ConfigError

_NEEDED = ("redirect_uri", "cookie_secret")


def check_login() -> None:
    """Raises ConfigError if visitors could not log in."""
    section = get_secrets_auth_section()
    missing = [name for name in _NEEDED if not section.get(name)]
    if missing:
        raise ConfigError(
            f"`login` is set, and [auth] in .streamlit/secrets.toml lacks {' and '.join(missing)}. Set up st.login "
            "there, or leave `login` out."
        )
    if not is_authlib_installed():
        raise ConfigError("`login` is set, and Authlib is not installed. Run: pip install 'streamlit[auth]'")
