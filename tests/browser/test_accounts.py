"""A hosted dashboard with a login, in a real browser and with a provider of OpenID Connect."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.support.browser import Dashboard, expect_in_address, settled, widget
from tests.support.waiting import eventually
from tests.support.web import entries
from tlcore.hosting.spaces.visitors import visitor_of_account
from tlcore.system.files import write_json

pytest.importorskip("authlib", reason="Authlib, which a login needs, is not installed")

RECIPE = json.dumps({"name": "geheim", "title": "Geheimrezept", "config": {"epochs": 3}}).encode()


@pytest.fixture
def host(tmp_path: Path, _drawn_once: Path) -> Iterator[SimpleNamespace]:
    from tests.support.fake_provider import FakeProvider

    home, user = tmp_path / "home", tmp_path / "user"
    shutil.copytree(_drawn_once, home / "cache" / _drawn_once.name)
    write_json(home / "cache" / "device.json", {"key": [], "text": "cpu: of the tests"})
    environment = {"OMP_NUM_THREADS": "1", "TLCORE_HOSTED": "1", "TLCORE_HOSTED_WARM_UP": "0"}
    environment |= {"TLCORE_HOSTED_LOGIN": "1", "HOME": str(user)}
    dashboard = Dashboard(home, ("--server.fileWatcherType=none",), environment)
    with FakeProvider() as provider:
        secrets = user / ".streamlit" / "secrets.toml"
        secrets.parent.mkdir(parents=True)
        secrets.write_text(provider.secrets(dashboard.url("oauth2callback")), encoding="utf-8")
        try:
            yield SimpleNamespace(dashboard=dashboard.start(), home=home, provider=provider)
        finally:
            dashboard.stop()


def log_in(page, host: SimpleNamespace, person: str) -> None:
    """Open the recipes, and log in on the way."""
    host.provider.person = person
    page.goto(host.dashboard.url("train", view="recipes"))
    page.get_by_role("button", name="Log in").click()
    widget(page, "shell_your_space").wait_for()
    expect_in_address(page, "/train?view=recipes")
    settled(page, "Train")


def open_space(page, person: str):
    """Open the dialog, and return the address of the zip."""
    widget(page, "shell_your_space").locator("button").click()
    # shown so that no link is made of it
    expect(page.get_by_role("dialog").get_by_text(re.compile(rf"^{person}\W+example\W+org$"))).to_be_visible()
    return page.locator("a.tl-download").evaluate("link => link.href")


def test_accounts_keep_apart_what_is_theirs_in_one_browser_and_find_it_in_another(host, new_page, monkeypatch):
    monkeypatch.setenv("TLCORE_HOME", str(host.home))
    page, asked = new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    log_in(page, host, "ann")
    widget(page, "recipe_import").locator("summary").click()
    widget(page, "recipe_file").locator("input[type=file]").set_input_files(
        {"name": "geheim.json", "mimeType": "application/json", "buffer": RECIPE}
    )
    widget(page, "recipe_add").locator("button").click()
    saved = host.home / "spaces" / visitor_of_account(host.provider.address, "ann") / "recipes" / "geheim.json"
    widget(page, "recipe_delete_geheim").wait_for()
    assert saved.is_file()
    settled(page)
    [upload] = {url for url in asked if "/upload_file/" in url}
    zip_address = open_space(page, "ann")
    assert page.request.get(zip_address).status == 200

    # logging out closes Ann's other page, too
    other = page.context.new_page()
    other.goto(host.dashboard.url("train", view="recipes"))
    expect(other.get_by_text("Geheimrezept").first).to_be_visible()
    widget(page, "space_log_out").locator("button").click()
    for each in (page, other):
        each.get_by_role("button", name="Log in").wait_for()
        expect(each.get_by_text("Geheimrezept")).to_have_count(0)
    assert host.provider.logged_out == ["ann"]
    assert not [cookie for cookie in page.context.cookies() if cookie["name"].startswith("_streamlit_user")]

    # Ben has the same browser, with the same cookie of the visitor, and knows all that Ann's page knew
    log_in(page, host, "ben")
    expect(page.get_by_text("Geheimrezept")).to_have_count(0)
    own = open_space(page, "ben")
    assert page.request.get(own).status == 200
    xsrf = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}["_streamlit_xsrf"]
    file = {"file": {"name": "x", "mimeType": "text/plain", "buffer": b"x"}}
    assert page.request.put(f"{upload}x", multipart=file, headers={"X-Xsrftoken": xsrf}).status == 404
    assert page.request.get(zip_address).status == 404

    second = new_page()
    log_in(second, host, "ann")
    expect(second.get_by_text("Geheimrezept").first).to_be_visible()

    names = {person: visitor_of_account(host.provider.address, person)[:8] for person in ("ann", "ben")}

    def logged() -> set[str]:
        found = entries((host.home / "logs" / "server.jsonl").read_text())
        return {each["who"] for each in found if each["event"] == "page" and "who" in each}

    eventually(logged, lambda known: known >= set(names.values()))
    assert "example.org" not in (host.home / "logs" / "server.jsonl").read_text()
