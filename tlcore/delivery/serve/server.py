"""Run the application with uvicorn until a signal: what was accepted before it is answered."""

import logging
import signal
import socket
from collections.abc import Callable
from ipaddress import ip_address

import uvicorn
from fastapi import FastAPI

from tlcore.errors import ConfigError

GRACE_S = 60
"""Seconds after the signal in which requests that were accepted can end."""
IDLE_S = 30
"""Seconds after which a connection without a request is closed."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 is any free one. Raises ConfigError."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.create_server(address[:2], family=family, backlog=1024)
        # asyncio does so only for sockets that it makes itself, and connections inherit it. Without it, the body of a
        # small response waits about 40 ms for the acknowledgement of its head.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except (OSError, OverflowError) as error:
        reason = str(getattr(error, "strerror", None) or error).partition(" (while")[0]
        raise ConfigError(f"Cannot listen on {host}, port {port}: {reason}. Choose another --host or --port.") from None


def address_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if listening.family == socket.AF_INET6 else f"http://{host}:{port}"


def is_local(listening: socket.socket) -> bool:
    """Whether only programs on this machine reach it."""
    return ip_address(listening.getsockname()[0]).is_loopback


def run_server(app: FastAPI, listening: socket.socket, stopping: Callable[[Callable[[], None]], None]) -> None:
    """Serve until SIGTERM or Ctrl-C, which raises KeyboardInterrupt at the end. Only for the main thread.

    `stopping` is given a function that ends the server like SIGTERM.
    """
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = uvicorn.Server(config)
    for name in ("uvicorn", "python_multipart"):  # they warn of each damaged request: strangers could fill the log
        logging.getLogger(name).setLevel(logging.ERROR)

    def stop() -> None:
        server.should_exit = True

    stopping(stop)
    # uvicorn raises the signal again at the end, for the handler from before; SIGTERM is the usual end of a service
    before = signal.signal(signal.SIGTERM, lambda number, frame: stop())
    try:
        server.run(sockets=[listening])
    finally:
        signal.signal(signal.SIGTERM, before)
