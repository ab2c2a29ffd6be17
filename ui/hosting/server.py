"""The server of a hosted dashboard: what stands before Streamlit's pages, its log, and the options that it needs."""

import asyncio
import logging
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import streamlit
from starlette.middleware import Middleware
from starlette.types import Scope
from streamlit import config
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tlcore.errors import ConfigError
from tlcore.hosting.queue.keeper import EVERY_S, Keeper
from tlcore.hosting.queue.pulse import worker_health
from tlcore.hosting.settings import HostSettings, host_home, host_settings
from tlcore.hosting.web.closed import ClosedRoutes
from tlcore.hosting.web.cookies import VisitorCookie
from tlcore.hosting.web.headers import headers_with, inline_scripts
from tlcore.hosting.web.health import Health
from tlcore.hosting.web.logins import Logins
from tlcore.hosting.web.own_files import OwnFiles
from tlcore.hosting.web.page_log import PageLog
from tlcore.hosting.web.rates import Rate, RequestRate, client_of
from tlcore.hosting.web.requests import RequestLog
from tlcore.hosting.web.sessions import Sessions, allowed_by
from tlcore.hosting.web.take_along import TakeAlong
from tlcore.hosting.web.uploads import Uploads
from tlcore.system.addresses import as_seen
from tlcore.system.allocator import return_freed_memory, share_heaps
from tlcore.system.logs import LOGS, WHO_DIGITS, log_as_json
from tlcore.system.response_headers import AddHeaders
from ui.hosting.accounts import account_of, visitor_with
from ui.hosting.login import check_login
from ui.hosting.messages import asked_for, is_end, may_pass
from ui.hosting.sent import read_sent
from ui.hosting.uploads import held
from ui.hosting.warming import warm_up
from ui.shell import SCRIPT

TEMPORARY = "tmp/server"
_STREAMLITS_MB = 1 << 20
_RETURN_S = 15.0
_LOGGERS = ("streamlit", "uvicorn", "websockets")


def middleware() -> list[Middleware]:
    """For `st.App`, the outermost first. Raises ConfigError if the settings of the host are wrong."""
    settings = host_settings()
    base = (config.get_option("server.baseUrlPath") or "").strip("/")
    base = f"/{base}" if base else ""
    visitor = visitor_with(login=settings.login)
    who = partial(who_is, visitor=visitor)
    logins = [Middleware(Logins, account=account_of, base=base)] if settings.login else []
    return [
        # who asks, and whether by https, as the proxies in front say
        Middleware(ProxyHeadersMiddleware, trusted_hosts=as_seen(settings.trusted_proxies)),
        Middleware(AddHeaders, headers_with(scripts=_known_scripts(), embedded_in=settings.embedded_in, base=base)),
        Middleware(Health, worker_state),
        Middleware(RequestLog, who=who, address=client_of if settings.log_addresses else lambda scope: None),
        Middleware(ClosedRoutes, base=base, login=settings.login),
        Middleware(RequestRate, Rate(settings.requests_per_minute, 60)),
        Middleware(Sessions, most=settings.sessions, most_of_one=settings.sessions_per_address, may_pass=may_pass),
        Middleware(
            Uploads,
            held=held,
            visitor=lambda scope: visitor(scope) or client_of(scope),
            file_bytes=settings.bytes_per_upload,
            files=settings.uploads_at_once,
            all_bytes=settings.bytes_of_uploads,
            base=base,
        ),
        Middleware(PageLog, asked_for, is_end, who),
        *logins,
        Middleware(
            VisitorCookie,
            embedded=bool(settings.embedded_in),
            may_begin=allowed_by(Rate(settings.spaces_per_hour, 3600)),
        ),
        Middleware(OwnFiles, read=read_sent, visitor=visitor, base=base),
        Middleware(TakeAlong, visitor=visitor, base=base),
    ]


def set_up() -> None:
    """Call before the server starts: the log, and Streamlit's options. Wrong settings end it with what is wrong."""
    try:
        settings = host_settings()
        if settings.login:
            check_login()
    except ConfigError as error:
        raise SystemExit(str(error)) from None
    share_heaps()
    log_as_json(host_home() / LOGS, "server")
    _take_over_logs()
    set_options(settings)
    _use_folder_for_temporary(host_home() / TEMPORARY)


def set_options(settings: HostSettings) -> None:
    """Options of Streamlit that a hosted dashboard needs, whatever its command line says."""
    set_option = partial(config.set_option, where_defined="the settings of the host")
    most_mb = min(config.get_option("server.maxUploadSize"), max(1, settings.bytes_per_upload // _STREAMLITS_MB))
    set_option("server.maxUploadSize", most_mb)
    set_option("server.enableXsrfProtection", True)
    set_option("server.enableCORS", True)
    set_option("server.enableAgentApi", False)
    set_option("server.scriptHealthCheckEnabled", False)
    set_option("client.showErrorDetails", "none")
    set_option("client.toolbarMode", "viewer")
    set_option("logger.enableRich", False)


def _use_folder_for_temporary(folder: Path) -> None:
    """Uploads that come in and files that are made for download are in this folder, which is emptied at each start.

    It is that of this process alone: work goes on while the server is started anew.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    tempfile.tempdir = str(folder)


def worker_state() -> Mapping[str, object]:
    """Whether the process lives that does the visitors' work, for the monitor."""
    health = worker_health()
    silent = {} if health.silent_s is None else {"silent_s": round(health.silent_s, 1)}
    return {"alive": health.alive, "waiting": health.waiting, "under_way_s": round(health.since_s, 1), **silent}


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:
    """As long as the server lives, the process lives that does the visitors' work. It goes on without the server."""
    keeping = asyncio.create_task(_keep_dispatcher())
    returning = asyncio.create_task(_return_memory())
    if host_settings().warm_up:
        threading.Thread(target=warm_up, daemon=True).start()
    try:
        yield
    finally:
        keeping.cancel()
        returning.cancel()


async def _return_memory() -> None:
    """What one visitor needed for a moment is not kept until another needs as much."""
    while True:
        await asyncio.sleep(_RETURN_S)
        await asyncio.to_thread(return_freed_memory)


async def _keep_dispatcher() -> None:
    keeper = Keeper()
    while True:
        await asyncio.to_thread(keeper.keep)
        await asyncio.sleep(EVERY_S)


def who_is(scope: Scope, visitor: Callable[[Scope], str | None]) -> str | None:
    """What the log calls the visitor of a request: digits that open nothing."""
    found = visitor(scope)
    return found[:WHO_DIGITS] if found else None


def _known_scripts() -> list[str]:
    """The inline scripts of Streamlit's page, and that of ours."""
    index = Path(streamlit.__file__).parent / "static" / "index.html"
    return [*inline_scripts(index.read_text(encoding="utf-8")), SCRIPT.read_text(encoding="utf-8")]


def _take_over_logs() -> None:
    """What Streamlit and its server warn of goes where all goes. Requests and failures of pages have lines of ours."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in _LOGGERS:
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True
            logger.setLevel(logging.WARNING)
    logging.getLogger("streamlit.error_util").setLevel(logging.CRITICAL)
