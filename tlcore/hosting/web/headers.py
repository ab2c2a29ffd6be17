"""The security headers of a hosted dashboard.

The policy is as strict as Streamlit's frontend allows: scripts come from the server, from `blob:` addresses (components
hand over their script as text) or are one of the known inline scripts; styles may be inline, because the frontend
writes them so; nothing is loaded from, sent to or framed by another site. What visitors made comes with a policy under
which it can run and load nothing, whatever a browser takes it for.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from starlette.types import Scope

from tlcore.system.response_headers import UNGUESSED

MEDIA = "/media/"
"""What pages show and offer for download, such as a picture or an exported file."""
_HTTPS_FOR_S = 365 * 86_400
_COMMON = {
    **UNGUESSED,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        (
            "camera=(self)",  # to take photographs
            "clipboard-write=(self)",
            "fullscreen=(self)",
            *(f"{name}=()" for name in ("clipboard-read", "display-capture", "geolocation", "hid", "microphone")),
            *(f"{name}=()" for name in ("midi", "payment", "serial", "usb", "browsing-topics")),
        )
    ),
}
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def inline_scripts(html: str) -> list[str]:
    """The scripts that stand in a page itself."""
    return _INLINE.findall(html)


def headers_with(
    *, scripts: Sequence[str] = (), embedded_in: Sequence[str] = (), base: str = ""
) -> Callable[[Scope], Mapping[str, str]]:
    """Chooses the headers of a response, for `AddHeaders`.

    `scripts` are the texts of inline scripts that may run, `embedded_in` are the sites that may show the dashboard in a
    frame (`https://huggingface.co`), and `base` is the path below which the dashboard is served.
    """
    ancestors = " ".join(embedded_in) or "'none'"
    page = {**_COMMON, "Content-Security-Policy": _policy(scripts, ancestors)}
    media = {
        **_COMMON,
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
        "Cache-Control": "private",
    }
    if not embedded_in:  # this header cannot name sites
        page["X-Frame-Options"] = "DENY"
    media["X-Frame-Options"] = "DENY"
    only_https = {"Strict-Transport-Security": f"max-age={_HTTPS_FOR_S}"}

    def choose(scope: Scope) -> Mapping[str, str]:
        chosen = media if scope["path"].startswith(base + MEDIA) else page
        return {**chosen, **only_https} if scope.get("scheme") == "https" else chosen

    return choose


def _policy(scripts: Sequence[str], ancestors: str) -> str:
    hashes = (f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in scripts)
    rules = {
        "default-src": "'none'",
        # WebAssembly is for the 64-bit integers of the frontend's messages; it is no eval
        "script-src": " ".join(("'self'", "blob:", "'wasm-unsafe-eval'", *hashes)),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": ancestors,
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
