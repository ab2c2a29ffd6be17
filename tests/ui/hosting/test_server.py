"""All that stands before the pages of a hosted dashboard, together, in front of a small application."""

import logging
import tempfile
from pathlib import Path

import pytest
from streamlit import config

from tests.support.web import PAGE, client_of, echo
from tlcore.hosting.settings import HostSettings
from tlcore.hosting.spaces.visitors import COOKIE, sign
from ui.hosting.server import TEMPORARY, middleware, set_options, set_up


@pytest.fixture(autouse=True)
def hosted(monkeypatch):
    monkeypatch.setenv("TLCORE_HOSTED", "1")


def whole(app=echo):
    for each in reversed(middleware()):
        app = each.cls(app, *each.args, **each.kwargs)
    return app


def test_a_page_has_its_headers_and_a_cookie_and_metrics_are_closed():
    with client_of(whole()) as client:
        page = client.get("/train", headers=PAGE)
        assert page.status_code == 200
        assert "script-src 'self' blob: 'wasm-unsafe-eval' 'sha256-" in page.headers["content-security-policy"]
        assert page.headers["set-cookie"].startswith(COOKIE)
        closed = client.get("/_stcore/metrics")
        assert closed.status_code == 404
        assert closed.headers["x-content-type-options"] == "nosniff"
        assert client.get("/healthz").json()["server"] is True


def test_addresses_are_those_that_a_trusted_proxy_tells(monkeypatch):
    monkeypatch.setenv("TLCORE_HOSTED_TRUSTED_PROXIES", "10.0.0.0/8")
    monkeypatch.setenv("TLCORE_HOSTED_REQUESTS_PER_MINUTE", "1")
    app = whole()
    with client_of(app, "10.1.2.3") as proxy, client_of(app, "192.0.2.9") as stranger:
        forwarded = [{"x-forwarded-for": f"198.51.100.{n}, 10.9.9.9"} for n in (1, 2, 1)]
        assert [proxy.get("/train", headers=each).status_code for each in forwarded] == [200, 200, 429]
        # what a visitor claims to be does not count: the proxy adds the address that it sees at the end
        claimed = {"x-forwarded-for": "203.0.113.5, 198.51.100.1"}
        assert proxy.get("/train", headers=claimed).status_code == 429
        claims = [{"x-forwarded-for": f"203.0.113.{n}"} for n in (1, 2)]
        assert [stranger.get("/train", headers=each).status_code for each in claims] == [200, 429]


# on a socket that is open for both, an IPv4 address is seen as one of IPv6
@pytest.mark.parametrize("proxy", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_https_is_what_a_trusted_proxy_says(proxy):
    with client_of(whole(), proxy) as client:
        page = client.get("/train", headers={**PAGE, "x-forwarded-proto": "https"})
        assert "strict-transport-security" in page.headers
        assert "Secure" in page.headers["set-cookie"]


def test_the_log_calls_a_visitor_by_digits_that_open_nothing(caplog):
    caplog.set_level(logging.INFO, "tlcore")
    visitor = "0123456789abcdef0123456789abcdef"
    with client_of(whole()) as client:
        client.get("/train", headers={"cookie": f"{COOKIE}={sign(visitor)}"})
        client.get("/train", headers={"cookie": f"{COOKIE}={visitor}.forged"})
    assert [record.facts["who"] for record in caplog.records] == ["01234567", None]
    assert not any(visitor in str(record.facts) or "192.0.2" in str(record.facts) for record in caplog.records)


def test_a_host_can_have_addresses_in_its_log(caplog, monkeypatch):
    caplog.set_level(logging.INFO, "tlcore")
    monkeypatch.setenv("TLCORE_HOSTED_LOG_ADDRESSES", "1")
    with client_of(whole()) as client:
        client.get("/train")
    assert caplog.records[0].facts["address"] == "192.0.2.7"


def test_a_browser_gets_no_new_space_when_its_network_had_enough(monkeypatch):
    monkeypatch.setenv("TLCORE_HOSTED_SPACES_PER_HOUR", "1")
    app = whole()
    with client_of(app) as first, client_of(app) as second:
        assert COOKIE in first.get("/", headers=PAGE).cookies
        refused = second.get("/", headers=PAGE)
        assert refused.status_code == 429
        assert "Many new visitors came from your network in the last hour" in refused.text
        assert "set-cookie" not in refused.headers
        assert first.get("/", headers=PAGE).status_code == 200


def test_streamlits_options_are_those_of_a_host():
    names = ["server.maxUploadSize", "client.showErrorDetails", "server.enableAgentApi", "logger.enableRich"]
    before = {name: config.get_option(name) for name in names}
    try:
        set_options(HostSettings(bytes_per_upload=50 << 20))
        assert [config.get_option(name) for name in names] == [50, "none", False, False]
    finally:
        for name, value in before.items():
            config.set_option(name, value)


def test_wrong_settings_end_the_server_with_what_is_wrong(monkeypatch):
    monkeypatch.setenv("TLCORE_HOSTED_SESSIONS", "many")
    with pytest.raises(SystemExit, match=r"TLCORE_HOSTED_SESSIONS: .*integer"):
        set_up()


def test_temporary_files_are_in_a_folder_that_each_start_empties(home, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    for each in ("log_as_json", "_take_over_logs", "set_options"):
        monkeypatch.setattr(f"ui.hosting.server.{each}", lambda *arguments: None)
    left = home / TEMPORARY / "left"
    left.mkdir(parents=True)
    set_up()
    assert not left.exists()
    assert Path(tempfile.gettempdir()) == home / TEMPORARY
    assert (home / TEMPORARY).stat().st_mode & 0o777 == 0o700
