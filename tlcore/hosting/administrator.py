"""Who may open the administrator's page: whoever knows the host's own token."""

import hmac
import logging

from tlcore.hosting.settings import host_settings
from tlcore.hosting.web.rates import Rate
from tlcore.system.logs import log_event

TRIES, IN_S = 5, 300.0
"""Wrong tokens from one address in so many seconds, after which even the right one is not looked at."""
_tries = Rate(TRIES, IN_S)


def has_administrator() -> bool:
    return host_settings().admin_token is not None


def admits(token: str, address: str) -> bool:
    """Whether this is the token of the host. Each call counts as a try of this network address, and is logged."""
    expected = host_settings().admin_token
    if expected is None:
        return False
    if _tries.wait_s(address):
        log_event("administrator not looked at: too many tries", logging.WARNING, address=address)
        return False
    right = hmac.compare_digest(token.encode(errors="replace"), expected.get_secret_value().encode())
    log_event("administrator admitted" if right else "administrator refused", logging.WARNING, address=address)
    return right
