"""Whether a server can be reached, found out in a moment: a call that would wait for a network never has to begin."""

import threading
import urllib.error
import urllib.request
from urllib.parse import urlsplit

LIMIT_S = 2.0


def can_reach(url: str, limit_s: float = LIMIT_S) -> bool:
    """Whether the server of this address answers, with any status, within the limit. Honours the proxy settings."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return False
    request = urllib.request.Request(f"{parts.scheme}://{parts.netloc}/", method="HEAD")
    answered = threading.Event()

    def ask() -> None:
        try:
            # an opener of its own: the shared one keeps the proxies of the first request of the process
            with urllib.request.build_opener().open(request, timeout=limit_s):
                answered.set()
        except urllib.error.HTTPError:  # an answer, too
            answered.set()
        except (OSError, ValueError):
            pass

    asking = threading.Thread(target=ask, daemon=True)  # looking up a name has no limit of its own
    asking.start()
    asking.join(limit_s)
    return answered.is_set()
