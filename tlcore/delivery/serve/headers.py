"""The headers of every response: browsers guess no types, frame nothing, send no addresses on, and load nothing."""

from collections.abc import Mapping

from starlette.types import Scope

from tlcore.system.response_headers import UNGUESSED

_HEADERS = {
    **UNGUESSED,
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def security_headers(scope: Scope) -> Mapping[str, str]:
    return _HEADERS
