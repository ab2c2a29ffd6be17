"""How often a client may ask: at once up to the limit, then at its rate; what is counted is bounded in memory."""

import pytest

from tests.support.web import PAGE, Clock, client_of, echo
from tlcore.hosting.web import rates
from tlcore.hosting.web.rates import Rate, RequestRate
from tlcore.hosting.web.sessions import allowed_by


def test_a_client_may_do_all_at_once_and_then_at_the_rate():
    clock = Clock()
    rate = Rate(3, 60, clock=clock)
    assert [rate.wait_s("a") for _ in range(4)] == [0, 0, 0, 20]
    clock.now = 19.0
    assert rate.wait_s("a") == pytest.approx(1.0)
    clock.now = 20.5
    assert rate.wait_s("a") == 0
    assert rate.wait_s("a") > 0
    clock.now = 10_000.0
    assert [rate.wait_s("a") > 0 for _ in range(4)] == [False, False, False, True]


def test_clients_have_a_rate_each_and_no_more_are_kept_than_fit(monkeypatch):
    monkeypatch.setattr(rates, "MAX_CLIENTS", 10)
    rate = Rate(1, 60, clock=Clock())
    assert all(rate.wait_s(f"client {number}") == 0 for number in range(100))
    assert len(rate) == 10
    assert rate.wait_s("client 99") > 0


def test_too_many_requests_are_refused_with_the_time_to_wait():
    app = RequestRate(echo, Rate(2, 60))
    with client_of(app) as client, client_of(app, "192.0.2.8") as other:
        assert [client.get("/").status_code for _ in range(3)] == [200, 200, 429]
        refused = client.get("/", headers=PAGE)
        assert refused.headers["retry-after"] == "30"
        assert '<meta http-equiv="refresh" content="30">' in refused.text
        assert "Too many requests came from your network." in refused.text
        assert other.get("/").status_code == 200


def test_a_network_of_many_addresses_is_one_client():
    app = RequestRate(echo, Rate(1, 60))
    with client_of(app, "2001:db8:1:2::1") as one, client_of(app, "2001:db8:1:2:ffff::1") as same:
        assert one.get("/").status_code == 200
        assert same.get("/").status_code == 429
    with client_of(app, "2001:db8:1:3::1") as other:
        assert other.get("/").status_code == 200


def test_new_spaces_are_counted_for_each_client():
    may_begin = allowed_by(Rate(2, 3600))
    one, other = ({"type": "http", "client": (address, 1)} for address in ("192.0.2.1", "192.0.2.2"))
    assert [may_begin(one), may_begin(one), may_begin(one), may_begin(other)] == [True, True, False, True]
