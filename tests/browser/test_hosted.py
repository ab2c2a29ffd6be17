"""A hosted dashboard in a real browser and under raw requests: its policy lets every page work, and nothing else."""

import http.client
import json

from tests.support import hostile
from tests.support.browser import HEADINGS, ROOT, Dashboard, visit
from tests.support.waiting import eventually
from tests.support.web import entries

_NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
_ATTACK = """() => {
  document.body.append(Object.assign(document.createElement("script"), {text: "window.ran = 1"}))
  document.body.insertAdjacentHTML("beforeend", "<img src='x:' onerror='window.ran = 1'>")
}"""
"""JavaScript: what would run if a text of a visitor were taken for HTML."""


def ask(dashboard: Dashboard, address: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("localhost", dashboard.port, timeout=20)
    try:
        connection.putrequest(method, address, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read().decode("utf-8", "replace")
    finally:
        connection.close()


def test_all_pages_load_under_the_policy(hosted, new_page):
    page = new_page()
    page.add_init_script(_NOTE_VIOLATIONS)
    for name in HEADINGS:
        visit(page, hosted.url(name))
        page.locator('.st-key-shell_navigation a[aria-current="page"]').wait_for()  # the shell's own script runs
        assert page.evaluate("violations") == []
    (cookie,) = [each for each in page.context.cookies() if each["name"] == "transfer_lab_visitor"]
    assert cookie["httpOnly"]
    assert "transfer_lab_visitor" not in page.evaluate("document.cookie")
    # what an attacker could bring into the page does not run
    page.evaluate(_ATTACK)
    eventually(lambda: len(page.evaluate("violations")), lambda number: number >= 2)
    assert page.evaluate("window.ran") is None

    def logged() -> list[dict[str, object]]:
        found = entries((hosted.home / "logs" / "server.jsonl").read_text())
        return [each for each in found if each["event"] == "page" and each["who"] == cookie["value"][:8]]

    pages = eventually(logged, lambda found: len(found) >= len(HEADINGS))
    assert {each["page"] for each in pages} >= {name or "overview" for name in HEADINGS}


def test_what_nobody_needs_is_closed_and_headers_are_there(hosted):
    for closed in ("metrics", "script-health-check", "agent/openapi.json", "agent/interact", "agent/mcp"):
        assert ask(hosted, f"/_stcore/{closed}")[0] == 404, closed
    status, headers, _ = ask(hosted, "/train", Accept="text/html")
    assert status == 200
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "'unsafe-eval'" not in headers["content-security-policy"]
    assert "sandbox" in ask(hosted, "/media/0123.svg")[1]["content-security-policy"]
    assert ask(hosted, "/_stcore/health")[0] == 200
    # the process that works has started by now, or does so
    state = eventually(lambda: ask(hosted, "/healthz"), lambda answer: answer[0] == 200)
    assert json.loads(state[2])["worker"]["alive"] is True


def test_hostile_requests_get_no_server_error_and_learn_nothing_of_the_server(hosted):
    answers = [(address, ask(hosted, address)) for address in hostile.addresses()]
    answers += [(str(each)[:100], ask(hosted, "/train", **each)) for each in hostile.headers()]
    answers += [(method, ask(hosted, "/train", method)) for method in ("POST", "TRACE", "CONNECT", "B17", "PUT")]
    for what, (status, _, text) in answers:
        assert status < 500, what
        for secret in ("Traceback", str(hosted.home), str(ROOT), "root:x:0"):
            assert secret not in text, what
    assert hosted.process.poll() is None
    assert ask(hosted, "/train")[0] == 200
