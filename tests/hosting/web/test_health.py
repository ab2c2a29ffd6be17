"""The address for monitors: 200 while server and worker live, else 503; it tells no names."""

import pytest

from tests.support.web import client_of, echo
from tlcore.hosting.web.health import Health


@pytest.mark.parametrize(("alive", "status"), [(True, 200), (False, 503)])
def test_health_says_whether_the_worker_lives(alive, status):
    state = {"alive": alive, "waiting": 3, "of": "9f86d081884c7d65"}
    with client_of(Health(echo, lambda: state)) as client:
        answer = client.get("/healthz")
        assert answer.status_code == status
        assert answer.json() == {"server": True, "worker": {"alive": alive, "waiting": 3}}
        assert answer.headers["cache-control"] == "no-store"
        assert client.get("/train").text == "GET /train 0"


def test_health_is_bad_if_the_worker_cannot_be_seen():
    def broken():
        raise OSError(5, "no disk")

    with client_of(Health(echo, broken)) as client:
        answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"server": True, "worker": {"alive": False}}
