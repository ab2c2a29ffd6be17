"""The headers of a hosted dashboard: scripts of the server and known ones alone; what visitors made can do nothing."""

import pytest

from tests.support.web import client_of, echo
from tlcore.hosting.web.headers import headers_with, inline_scripts
from tlcore.system.response_headers import AddHeaders


def rules(policy: str) -> dict[str, str]:
    return {name: values for name, _, values in (rule.partition(" ") for rule in policy.split("; "))}


def headers_of(path: str, scheme: str = "http", **options):
    with client_of(AddHeaders(echo, headers_with(**options))) as client:
        return client.get(f"{scheme}://testserver{path}").headers


def test_a_page_runs_scripts_of_the_server_and_known_inline_ones_alone():
    (script,) = inline_scripts("<html><script>window.ready = false</script><script src='a.js'></script>")
    headers = headers_of("/train", scripts=[script])
    policy = rules(headers["content-security-policy"])
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == (
        "'self' blob: 'wasm-unsafe-eval' 'sha256-Z7L2T8khoKWK3qtQF/wSktj9xGCtCfem3Y6SPjwBwdU='"
    )
    assert not {"'unsafe-inline'", "'unsafe-eval'"} & set(policy["script-src"].split())
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "camera=(self)" in headers["permissions-policy"]
    assert "microphone=()" in headers["permissions-policy"]
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_sites_that_may_show_the_dashboard_in_a_frame_are_named():
    headers = headers_of("/", embedded_in=("https://huggingface.co", "https://*.hf.space"))
    policy = rules(headers["content-security-policy"])
    assert policy["frame-ancestors"] == "https://huggingface.co https://*.hf.space"
    assert "x-frame-options" not in headers


@pytest.mark.parametrize(("path", "base"), [("/media/1234.svg", ""), ("/lab/media/1234.html", "/lab")])
def test_what_a_visitor_made_can_run_and_load_nothing(path, base):
    headers = headers_of(path, base=base, embedded_in=("https://huggingface.co",))
    policy = rules(headers["content-security-policy"])
    assert "sandbox" in policy
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "private"


def test_https_is_made_permanent_only_where_there_is_https():
    assert "strict-transport-security" not in headers_of("/")
    assert headers_of("/", "https")["strict-transport-security"] == "max-age=31536000"
