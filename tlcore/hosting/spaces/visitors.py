"""Visitors of a hosted dashboard: the number of each, the signature that proves it, and the space that it opens.

A visitor is 32 hexadecimal digits. Whoever has them signed with the host's key has the space; the digits alone, which
the administrator and the log see, open nothing.
"""

import hmac
import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from tlcore.errors import StorageError
from tlcore.hosting.spaces.grants import granted_to
from tlcore.system.home import SPACES, Space, host_dir

COOKIE = "transfer_lab_visitor"
KEY_FILE = "secret.key"
LAST_VISIT = "last-visit"
"""A file in the space; its time of change is that of the last visit."""
TOUCHED_S = 60.0
"""How exactly the last visit is known."""
_ID = re.compile(r"[0-9a-f]{32}")
_KEY_BYTES = 32


def new_visitor() -> str:
    return secrets.token_hex(16)


def visitor_of_account(issuer: str, subject: str) -> str:
    """The visitor of an account: the same one on every device. `issuer` and `subject` are OpenID Connect's `iss` and
    `sub`.
    """
    return hmac.digest(_key(host_dir()), b"account\0" + f"{issuer}\0{subject}".encode(), "sha256").hex()[:32]


def visitor_of_claims(claims: Mapping[str, object]) -> str | None:
    """The visitor of what a provider of accounts says; None if nobody is logged in, or the account has no name."""
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not claims.get("is_logged_in") or not isinstance(issuer, str) or not isinstance(subject, str):
        return None
    return visitor_of_account(issuer, subject) if issuer and subject else None


def sign(visitor: str) -> str:
    """The visitor with its signature, HMAC-SHA256: the value of the cookie."""
    return f"{visitor}.{_signature(visitor)}"


def visitor_of(signed: str | None) -> str | None:
    """The visitor in the value of a cookie; None if it is absent, damaged or forged."""
    visitor, _, signature = (signed or "").partition(".")
    if not _ID.fullmatch(visitor) or not signature.isascii():
        return None
    return visitor if hmac.compare_digest(signature, _signature(visitor)) else None


def space_of(visitor: str) -> Space:
    """The space of a visitor, whose folder need not exist yet, with what links of others open now.

    Raises ValueError if this is no visitor.
    """
    if not _ID.fullmatch(visitor):
        raise ValueError(f"{visitor!r} is no visitor")
    home = host_dir() / SPACES / visitor
    return Space(home, host_dir(), granted_to(home))


def touch(space: Space) -> None:
    """Remember that the visitor is here now. Cheap enough to be called for each page."""
    mark = space.home / LAST_VISIT
    if time.time() - last_visit(space) < TOUCHED_S:
        return
    with suppress(OSError):  # on a full disk the space only expires earlier
        space.home.mkdir(parents=True, exist_ok=True)
        mark.touch()


def last_visit(space: Space) -> float:
    """Time of the last visit in seconds since 1970; 0 if there was none."""
    try:
        return (space.home / LAST_VISIT).stat().st_mtime
    except OSError:
        return 0.0


def list_spaces() -> Iterator[Space]:
    """The spaces of all visitors, in no order."""
    with suppress(FileNotFoundError):
        for entry in os.scandir(host_dir() / SPACES):
            if _ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                yield space_of(entry.name)


def _signature(visitor: str) -> str:
    return hmac.digest(_key(host_dir()), visitor.encode(), "sha256").hex()


@lru_cache(maxsize=4)
def _key(host: Path) -> bytes:
    """The key of the host, made at first use and readable by nobody else. Deleting it ends all visits."""
    path = host / KEY_FILE
    with suppress(FileExistsError):
        host.mkdir(parents=True, exist_ok=True)
        made = host / f"{KEY_FILE}.{secrets.token_hex(4)}.tmp"
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        try:
            os.link(made, path)  # whole or not at all; the first of two servers wins
        finally:
            made.unlink()
    key = path.read_bytes()
    if len(key) < _KEY_BYTES:
        raise StorageError(f"{path} is damaged: it has {len(key)} bytes. Delete it; all visitors then begin anew.")
    return key
