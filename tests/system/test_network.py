import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tlcore.system.network import can_reach


class _Refuses(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_error(403)

    def log_message(self, *words):
        pass


@pytest.fixture
def server(monkeypatch):
    """The address of a server on this machine that answers every request with 403."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    serving = HTTPServer(("127.0.0.1", 0), _Refuses)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}/models/file.pth"
    serving.shutdown()
    serving.server_close()


def test_any_answer_means_that_the_server_can_be_reached(server):
    assert can_reach(server, limit_s=30)


def test_a_server_that_refuses_connections_cannot(server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert not can_reach(f"http://127.0.0.1:{free.getsockname()[1]}/", limit_s=30)


def test_the_proxies_are_those_of_now(server, monkeypatch):
    with socket.socket() as free, monkeypatch.context() as patch:
        free.bind(("127.0.0.1", 0))
        patch.delenv("no_proxy")
        for name in ("http_proxy", "HTTP_PROXY"):
            patch.setenv(name, f"http://127.0.0.1:{free.getsockname()[1]}")
        assert not can_reach(server, limit_s=30)
    assert can_reach(server, limit_s=30)


def test_a_server_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        assert not can_reach(f"http://127.0.0.1:{silent.getsockname()[1]}/", limit_s=0.2)
        assert time.monotonic() - started < 60


@pytest.mark.parametrize("address", ["", "/a/file", "file:///etc/passwd", "ftp://host/file"])
def test_what_is_no_web_address_is_not_asked(address):
    assert not can_reach(address)
