"""Two real browsers on a hosted dashboard: what one has, the other does not reach, whatever it tries.

Ann has a dataset, a run, a recipe and a transform with secret names. In each test Bob is a new visitor, and Ann
succeeds in the same thing.
"""

import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

import tlcore
from tests.browser.conftest import QUICK_RUN
from tests.support.browser import Dashboard, settled, visit, widget
from tests.support.photographs import photograph
from tlcore.config import RunConfig
from tlcore.hosting.grants import number_of
from tlcore.hosting.links import make_link
from tlcore.hosting.visitors import COOKIE, new_visitor, sign, space_of
from tlcore.recipes.recipe import Recipe
from tlcore.recipes.saved import save_recipe
from tlcore.system.files import write_json
from tlcore.system.home import in_space
from tlcore.transforms.presets import AUGMENTATIONS
from tlcore.transforms.saved import save_transform
from tlcore.transforms.spec import TransformSpec

CLASSES = ("Wiesensalbei", "Ackerwinde")
SECRETS = (*CLASSES, "Hinterhof", "Geheimrezept", "Geheimdrehung")
XSRF = "_streamlit_xsrf"


@pytest.fixture(scope="module")
def ann(tmp_path_factory: pytest.TempPathFactory, _drawn_once: Path) -> Iterator[SimpleNamespace]:
    home = tmp_path_factory.mktemp("hosted")
    shutil.copytree(_drawn_once, home / "cache" / _drawn_once.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(home))
        visitor = new_visitor()
        space = space_of(visitor)
        source = space.home / "datasets" / "Hinterhof"
        for number, (split, images) in enumerate((("train", 4), ("val", 2), ("test", 2))):
            for label in CLASSES:
                (source / split / label).mkdir(parents=True)
                for image in range(images):
                    photograph(32, 32, seed=100 * number + image).save(source / split / label / f"{image}.png")
        with in_space(space):
            run = tlcore.train({**QUICK_RUN, "epochs": 1, "data": {"source": str(source)}})
            tlcore.evaluate(run)
            save_recipe(Recipe(name="geheim", title="Geheimrezept", config=RunConfig.model_validate({"epochs": 3})))
            save_transform("Geheimdrehung", TransformSpec(operations=AUGMENTATIONS["gentle"](224, "bilinear")))
            token = make_link(source)
        cookie = sign(visitor)
    write_json(home / "cache" / "device.json", {"key": [], "text": "cpu: of the tests"})
    environment = {"OMP_NUM_THREADS": "1", "TLCORE_HOSTED": "classroom", "TLCORE_HOSTED_WARM_UP": "0"}
    dashboard = Dashboard(home, ("--server.fileWatcherType=none",), environment).start()
    yield SimpleNamespace(
        dashboard=dashboard,
        cookie=cookie,
        visitor=visitor,
        source=str(source),
        run=run.name,
        path=run.path,
        token=token,
    )
    dashboard.stop()


@pytest.fixture
def anns_page(ann, new_page):
    page = new_page()
    page.context.add_cookies([{"name": COOKIE, "value": ann.cookie, "url": ann.dashboard.url()}])
    return page


@pytest.fixture
def bobs_page(ann, new_page):
    """The page of a new visitor, who has a cookie already."""
    page = new_page()
    page.request.get(ann.dashboard.url(), headers={"Accept": "text/html"})
    return page


def cookies_of(page) -> dict[str, str]:
    return {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}


def words_in(page) -> set[str]:
    """The secrets that are anywhere in the document, also in lists that are closed."""
    content = page.content()
    return {secret for secret in SECRETS if secret in content}


def options_of(page, key: str) -> list[str]:
    widget(page, key).locator("input").click()
    options = page.get_by_role("option")
    options.first.wait_for()
    found = options.all_inner_texts()
    page.keyboard.press("Escape")
    return found


def test_lists_and_addresses_show_nothing_of_another(ann, anns_page, bobs_page):
    url = ann.dashboard.url
    visit(anns_page, url("dataset", dataset="Hinterhof"))
    expect(anns_page.get_by_text("16 images of 2 classes")).to_be_visible()
    visit(anns_page, url("train", view="watch", run=ann.run, dataset="Hinterhof"))
    expect(anns_page.get_by_text(ann.run)).to_be_visible()
    visit(anns_page, url("train", view="recipes"))
    expect(anns_page.get_by_text("Geheimrezept").first).to_be_visible()

    visit(bobs_page, url("train", view="recipes"))
    assert not words_in(bobs_page)
    assert not {"Hinterhof"} & set(options_of(bobs_page, "shell_dataset"))
    for dataset in ("Hinterhof", ann.source):
        visit(bobs_page, url("dataset", dataset=dataset))
        expect(bobs_page.get_by_text("This is the demo.")).to_be_visible()
        assert not words_in(bobs_page) - {"Hinterhof"}  # he typed that himself
    visit(bobs_page, url("train", view="watch", run=ann.run))
    expect(bobs_page.get_by_text("That run is not there any more.")).to_be_visible()
    assert not words_in(bobs_page) - {"Hinterhof"}
    for guess in (number_of(ann.token), "../" + ann.visitor):
        visit(bobs_page, url("", shared=guess))
        expect(bobs_page.get_by_text("This link opens nothing")).to_be_visible()
    bobs_page.goto(url("", shared=ann.token))
    settled(bobs_page, "Dataset")
    expect(bobs_page.get_by_text("16 images of 2 classes")).to_be_visible()
    expect(widget(bobs_page, "dataset_share")).to_have_count(0)


def test_a_recipe_that_names_anothers_data_opens_none_of_it(ann, bobs_page):
    config = {"epochs": 2, "data": {"source": ann.source}, "model": {"backbone": "small_cnn", "weights": str(ann.path)}}
    recipe = json.dumps({"name": "theirs", "title": "Of somebody", "config": config}).encode()
    visit(bobs_page, ann.dashboard.url("train", view="recipes"))
    widget(bobs_page, "recipe_import").locator("summary").click()
    widget(bobs_page, "recipe_file").locator("input[type=file]").set_input_files(
        {"name": "theirs.json", "mimeType": "application/json", "buffer": recipe}
    )
    widget(bobs_page, "recipe_import").get_by_text(re.compile("Of somebody|is not a recipe")).first.wait_for()
    settled(bobs_page)
    assert not words_in(bobs_page)


def test_files_uploads_and_the_zip_of_another_are_not_to_be_had(ann, anns_page, bobs_page):
    asked = []
    anns_page.on("request", lambda request: asked.append(request.url))
    visit(anns_page, ann.dashboard.url("train", view="recipes"))
    widget(anns_page, "recipe_import").locator("summary").click()
    widget(anns_page, "recipe_file").locator("input[type=file]").set_input_files(
        {"name": "x.json", "mimeType": "application/json", "buffer": b"{}"}
    )
    widget(anns_page, "recipe_import").get_by_text("is not a recipe").wait_for()
    pictures = [url for url in asked if url.startswith(ann.dashboard.url("media/"))]
    [upload] = {url for url in asked if "/upload_file/" in url}
    widget(anns_page, "shell_your_space").locator("button").click()
    zip_address = anns_page.locator("a.tl-download")
    zip_address.wait_for()
    addresses = [*pictures, ann.dashboard.url() + str(zip_address.get_attribute("href")).lstrip("/")]
    assert pictures

    bobs_page.goto(ann.dashboard.url())
    settled(bobs_page)
    for address in addresses:
        assert anns_page.request.get(address).status == 200
        assert bobs_page.request.get(address).status == 404
    taken = anns_page.request.get(addresses[-1]).body()
    assert any("Hinterhof" in name for name in zipfile.ZipFile(io.BytesIO(taken)).namelist())
    for page, put, delete in ((bobs_page, 404, 404), (anns_page, 204, 204)):
        headers = {"X-Xsrftoken": cookies_of(page)[XSRF]}
        file = {"file": {"name": "x", "mimeType": "text/plain", "buffer": b"x"}}
        assert page.request.put(f"{upload}x", multipart=file, headers=headers).status == put
        assert page.request.delete(f"{upload}x", headers=headers).status == delete

    # the websocket, with the number of Ann's session
    session = upload.partition("/upload_file/")[2].partition("/")[0]
    assert _session_with(ann, cookies_of(bobs_page), session) != session
    assert _session_with(ann, cookies_of(anns_page), session) == session


def test_a_forged_cookie_is_that_of_nobody(ann, bobs_page):
    own = cookies_of(bobs_page)[COOKIE]
    address = ann.dashboard.url("dataset", dataset="Hinterhof")
    for forged in (f"{ann.visitor}.{own.partition('.')[2]}", f"{ann.visitor}.", ann.visitor, f"../{ann.visitor}"):
        bobs_page.context.add_cookies([{"name": COOKIE, "value": quote(forged), "url": ann.dashboard.url()}])
        answer = bobs_page.request.get(address, headers={"Accept": "text/html"})
        assert answer.status == 200
        assert not cookies_of(bobs_page)[COOKIE].startswith(ann.visitor)  # a new one
    visit(bobs_page, address)
    expect(bobs_page.get_by_text("This is the demo.")).to_be_visible()
    assert not words_in(bobs_page) - {"Hinterhof"}


def _session_with(ann: SimpleNamespace, cookies: dict[str, str], session: str) -> str:
    """The session that a websocket with these cookies gets when it asks to go on with a session."""
    ask = BackMsg()
    ask.rerun_script.SetInParent()
    with connect(
        ann.dashboard.url("_stcore/stream").replace("http:", "ws:"),
        additional_headers={"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())},
        origin=ann.dashboard.url().rstrip("/"),
        subprotocols=["streamlit", cookies[XSRF], session],
        max_size=None,
    ) as socket:
        socket.send(ask.SerializeToString())
        while True:
            message = ForwardMsg.FromString(socket.recv(timeout=60))
            if message.HasField("new_session"):
                return str(message.new_session.initialize.session_id)
