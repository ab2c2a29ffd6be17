"""The page of the service to drop images on, in a real browser: its policy lets its own script and style work."""

import socket
import threading

import pytest
import uvicorn
from playwright.sync_api import expect

from tests.support.photographs import jpeg, photograph
from tests.support.predictors import small_predictor
from tests.support.waiting import LIMIT_S, eventually
from tlcore.delivery.serve.app import build_app
from tlcore.delivery.serve.limits import Limits

EVIL = "<img src=x onerror=document.title='hacked'>"


@pytest.fixture
def address(monkeypatch):
    """A service of a model with hostile class names."""
    monkeypatch.setattr("tlcore.delivery.serve.classifier._MANY", 1)
    ready = threading.Event()
    app = build_app(small_predictor([EVIL, "**b**"]), Limits(), prepared=lambda engine, error: ready.set())
    server = uvicorn.Server(uvicorn.Config(app, ws="none", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        running.start()
        assert ready.wait(LIMIT_S)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        running.join(60)


@pytest.mark.parametrize("width", [1280, 400])
def test_dropped_images_are_answered_and_names_are_text(address, new_page, width):
    page = new_page(width=width, dark=True)
    page.goto(address)
    expect(page.locator("#title")).to_have_text("The answer comes from run test, epoch 1.")
    expect(page.locator("#classes")).to_have_text(f"Its classes: {EVIL}, **b**.")
    files = [
        {"name": f"{EVIL}.jpg", "mimeType": "image/jpeg", "buffer": jpeg(photograph(80, 60))},
        {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"no image"},
    ]
    page.get_by_label("Images").set_input_files(files)
    good = page.locator(".card").filter(has_text=f"{EVIL}.jpg")
    expect(good.locator(".bar")).to_have_count(2)
    expect(good.get_by_text(EVIL, exact=True).first).to_be_visible()
    expect(good.locator(".picture img")).to_have_js_property("naturalWidth", 80)
    bad = page.locator(".card").filter(has_text="notes.jpg")
    expect(bad.locator(".failed")).to_contain_text("Not an image")
    expect(page).to_have_title("Drop an image")
    expect(page.locator("body")).to_have_css("background-color", "rgb(18, 22, 28)")
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    eventually(lambda: page.evaluate(wider), lambda px: px <= 0)
