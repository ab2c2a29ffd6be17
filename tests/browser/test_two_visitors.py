"""Two real browsers on a hosted dashboard: what one has, the other does not reach, whatever it tries.

Bob tries to reach what is Ann's, and Ann succeeds in the same thing. No message that Bob's browser receives may have
her secret word, which is in the names of a class, the recipe and the transform, and in that given to the run. Bob has
a dataset and a run himself, so that all pages open. `test_hosted_protocol` has what no browser would send.
"""

import http.client
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.audit import Audit
from tests.support.browser import Dashboard, expect_chosen, new_visit, settled, visit, widget
from tests.support.neighbours import Neighbour, audit_of
from tests.support.waiting import eventually
from tlcore.hosting.spaces.visitors import COOKIE

GO_ON = """([session, ask]) => new Promise(resolve => {
  const [, token] = document.cookie.match(/_streamlit_xsrf=([^;]*)/);
  const address = `ws://${location.host}/_stcore/stream`;
  const socket = new WebSocket(address, ["streamlit", token, session]);
  socket.binaryType = "arraybuffer";
  const messages = [];
  socket.onopen = () => socket.send(new Uint8Array(ask));
  socket.onmessage = ({data}) => {
    if (messages.push(Array.from(new Uint8Array(data))) === 5) { resolve(messages); socket.close(); }
  };
  socket.onclose = () => resolve(messages);
})"""
"""JavaScript: ask to go on with a session, and to run the page. Returns the first messages."""


@dataclass
class Browser:
    """One of the two."""

    dashboard: Dashboard
    who: Neighbour
    page: Page
    asked: list[str] = field(default_factory=list)
    """Addresses of its requests since a page was opened."""

    def open(self, page: str, **query: str | list[str]) -> None:
        self.asked.clear()
        visit(self.page, f"{self.dashboard.url(page)}?{urlencode(query, doseq=True)}")

    def status(self, address: str) -> int:
        return self.page.request.get(address).status

    def options(self, key: str) -> str:
        """All options of a list, in lines."""
        widget(self.page, key).locator("input").click()
        options = self.page.get_by_role("option")
        options.first.wait_for()
        found = options.all_inner_texts()
        self.page.keyboard.press("Escape")
        return "\n".join(found)

    def upload_recipe(self, recipe: bytes) -> None:
        widget(self.page, "recipe_import").locator("summary").click()
        widget(self.page, "recipe_file").locator("input[type=file]").set_input_files(
            {"name": "x.json", "mimeType": "application/json", "buffer": recipe}
        )

    def gets_picture(self, path: str) -> bool:
        """Ask for a path as it is: a browser would shorten it."""
        cookies = "; ".join(f"{each['name']}={each['value']}" for each in self.page.context.cookies())
        connection = http.client.HTTPConnection("localhost", self.dashboard.port, timeout=60)
        try:
            connection.request("GET", path, headers={"Cookie": cookies})
            return connection.getresponse().read().startswith((b"\x89PNG", b"\xff\xd8", b"RIFF"))
        finally:
            connection.close()


@pytest.fixture(scope="module")
def audit(ann: Neighbour, bob: Neighbour) -> Audit:
    return audit_of(ann, bob)


@pytest.fixture(scope="module")
def browsers(chromium, hosted: Dashboard, ann: Neighbour, bob: Neighbour, audit: Audit) -> Iterator[list[Browser]]:
    """Ann's and Bob's. What their websockets receive is searched for the other one's word."""
    contexts, failures = [], []

    def browser_of(who: Neighbour) -> Browser:
        context = new_visit(chromium)
        contexts.append(context)
        context.add_cookies([{"name": COOKIE, "value": who.cookie, "url": hosted.url()}])
        browser = Browser(hosted, who, context.new_page())
        browser.page.on("pageerror", lambda error: failures.append(f"{browser.page.url}: {error}"))
        browser.page.on("request", lambda request: browser.asked.append(request.url))
        browser.page.on("websocket", lambda socket: socket.on("framereceived", search))

        def search(data: str | bytes) -> None:
            audit.search(who.number, "stream", data if isinstance(data, bytes) else data.encode())

        return browser

    yield [browser_of(ann), browser_of(bob)]
    for context in contexts:
        context.close()
    assert not failures


@pytest.fixture
def anns(browsers: list[Browser]) -> Browser:
    return browsers[0]


@pytest.fixture
def bobs(browsers: list[Browser], audit: Audit) -> Iterator[Browser]:
    yield browsers[1]
    browsers[1].page.wait_for_timeout(0)  # what the browser has told by now is searched
    assert audit.bytes_searched
    assert not audit.words_found


def test_addresses_names_and_paths_open_nothing_of_another(ann, bob, anns, bobs):
    named = {"dataset": ann.dataset, "run": ann.run, "image": ann.image}
    by_path = {"dataset": ann.source, "run": str(ann.run_path), "image": f"{ann.source}/{ann.image}"}

    anns.open("dataset", **named)
    expect(anns.page.get_by_text("16 images of 2 classes")).to_be_visible()
    anns.open("predict", **named)
    expect_chosen(anns.page, "predict_run", ann.word)
    expect(anns.page.get_by_text(ann.image).first).to_be_visible()
    picture = anns.page.get_by_test_id("stImage").locator("img").first.evaluate("image => image.src")
    assert (anns.status(picture), bobs.status(picture)) == (200, 404)
    assert anns.gets_picture(picture.removeprefix(anns.dashboard.url().rstrip("/")))
    anns.open("train", view="watch", **named)
    expect_chosen(anns.page, "train_run", ann.word)
    anns.open("augment", **named)
    assert ann.word in anns.options("augment_start")

    for tried in (named, by_path):
        bobs.open("dataset", **tried)
        expect(bobs.page.get_by_text("This is the demo.")).to_be_visible()
        bobs.open("train", view="watch", **tried)
        expect(bobs.page.get_by_text("That run is not there any more.")).to_be_visible()
        bobs.open("predict", **{**tried, "dataset": bob.dataset})
        expect_chosen(bobs.page, "predict_run", bob.word)
        expect(bobs.page.get_by_text("test/mint/0.png").first).to_be_visible()
    assert ann.dataset not in bobs.options("shell_dataset")
    assert ann.word not in bobs.options("predict_run")
    bobs.open("augment", dataset=ann.dataset)
    assert bob.word in (offered := bobs.options("augment_start"))
    assert ann.word not in offered


def test_a_download_and_the_files_of_a_page_are_only_of_its_visitor(ann, bob, anns, bobs):
    anns.open("compare", run=ann.run, compare_part="download")

    def fetched() -> int:
        """The file is there until a part of the page is drawn again."""
        with anns.page.expect_download() as download:
            widget(anns.page, "compare_download_predictions").locator("button").click()
        assert ann.word.encode() in download.value.path().read_bytes()
        assert bobs.status(download.value.url) == 404
        return anns.status(download.value.url)

    eventually(fetched, 200)
    bobs.open("compare", run=[ann.run, str(ann.run_path)], compare_part="download")
    expect(widget(bobs.page, "compare_runs").get_by_text(bob.word)).to_be_visible()
    bobs.page.get_by_text(f"run of {bob.word}").first.wait_for()

    image = quote(f"spaces/{ann.visitor}/datasets/{ann.dataset}/{ann.image}")
    for root in ("/media", "/app/static", "/static", "/component", "/component/x"):
        for up in ("", "../", "../../", "..%2f..%2f", "%2e%2e/%2e%2e/", "....//"):
            assert not bobs.gets_picture(f"{root}/{up}{image}")
        assert not bobs.gets_picture(f"{root}/{quote(f'{ann.source}/{ann.image}')}")


def test_recipes_uploads_the_zip_and_the_session_of_another_are_not_to_be_had(ann, bob, anns, bobs):
    anns.open("train", view="recipes")
    expect(anns.page.get_by_text(f"By {ann.word}").first).to_be_visible()
    anns.upload_recipe(b"{}")
    widget(anns.page, "recipe_import").get_by_text("is not a recipe").wait_for()
    [upload] = {url for url in anns.asked if "/upload_file/" in url}
    widget(anns.page, "shell_your_space").locator("button").click()
    link = anns.page.locator("a.tl-download")
    link.wait_for()
    zip_address = anns.dashboard.url(str(link.get_attribute("href")).lstrip("/"))

    # a recipe that is Ann's, and one that names what is hers
    bobs.open("train", view="recipes", recipe=ann.recipe)
    expect(bobs.page.get_by_text("There is no recipe of that name here.")).to_be_visible()
    expect(bobs.page.get_by_text(f"By {bob.word}").first).to_be_visible()
    model = {"backbone": "small_cnn", "weights": str(ann.run_path)}
    config = {"epochs": 2, "data": {"source": ann.source}, "model": model}
    bobs.upload_recipe(json.dumps({"name": "theirs", "title": "Of somebody", "config": config}).encode())
    widget(bobs.page, "recipe_import").get_by_text(re.compile("Of somebody|is not a recipe")).first.wait_for()
    settled(bobs.page)

    assert (anns.status(zip_address), bobs.status(zip_address)) == (200, 404)
    taken = zipfile.ZipFile(io.BytesIO(anns.page.request.get(zip_address).body()))
    assert any(ann.dataset in name for name in taken.namelist())
    for browser, done in ((bobs, 404), (anns, 204)):
        [token] = [each["value"] for each in browser.page.context.cookies() if each["name"] == "_streamlit_xsrf"]
        file = {"file": {"name": "x", "mimeType": "text/plain", "buffer": b"x"}}
        for ask in (browser.page.request.put, browser.page.request.delete):
            sent = {"multipart": file} if ask == browser.page.request.put else {}
            assert ask(f"{upload}x", headers={"X-Xsrftoken": token}, **sent).status == done

    session = upload.partition("/upload_file/")[2].partition("/")[0]
    assert _session_with(bobs, session) != session
    assert _session_with(anns, session) == session


def _session_with(browser: Browser, session: str) -> str:
    """The session that a websocket of the browser gets when it asks to go on with this one."""
    ask = BackMsg()
    ask.rerun_script.SetInParent()
    messages = browser.page.evaluate(GO_ON, [session, list(ask.SerializeToString())])
    begun = [message for data in messages if (message := ForwardMsg.FromString(bytes(data))).HasField("new_session")]
    return str(begun[0].new_session.initialize.session_id)
