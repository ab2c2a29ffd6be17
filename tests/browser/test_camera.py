"""A new dataset taken with the camera, in a half-made state closed and continued, then trained on and predicted."""

import math
import re
import time

from playwright.sync_api import expect

from tests.support.browser import (
    click_through,
    press,
    settled,
    start_training,
    visit,
    widget,
)
from tests.support.waiting import eventually

AGAIN_S = 15
SECONDS_APART = {"left": 0.3, "right": 0.37}


def start_building(page) -> None:
    widget(page, "shell_add").locator("button").click()
    page.get_by_role("dialog").wait_for()


def name_class(page, name: str) -> None:
    field = widget(page, "build_new_class").locator("input")
    field.fill(name)
    field.press("Enter")
    expect(widget(page, "build_class")).to_contain_text(f"{name} · 0")


def take(page, name: str, number: int) -> None:
    """Photographs one after another, without a click between them.

    The fake camera begins its film anew each time, and two equal photographs are kept once: so each is taken later in
    the film, and once more if it is like another one after all.
    """
    begun = "seconds => (document.querySelector('[data-testid=stCameraInput] video')?.currentTime ?? 0) > seconds"
    counted, camera = widget(page, "build_class"), page.locator('[class*="st-key-build_taking_camera_"]')
    tries = 0
    for taken in range(1, number + 1):
        wanted = re.compile(rf"{name} · {taken}(?!\d)")
        while not wanted.search(counted.inner_text()):
            tries += 1
            assert tries <= number + 4
            page.wait_for_function(begun, arg=SECONDS_APART[name] * tries)
            press_shutter(page, camera)
            settled(page)


def press_shutter(page, camera) -> None:
    """Until there is a new camera, which comes after the outcome has been told: a click on a camera that has no picture
    yet takes nothing, and its button stays."""
    before, shutter = camera.get_attribute("class"), page.get_by_role("button", name="Take Photo")
    pressed_s = -math.inf

    def is_new() -> bool:
        nonlocal pressed_s
        if camera.get_attribute("class") != before:
            return True
        if shutter.is_visible() and time.monotonic() > pressed_s + AGAIN_S:
            shutter.click()
            pressed_s = time.monotonic()
        return False

    eventually(is_new)


def test_a_dataset_by_camera_is_trained_on_and_predicts(drawn_demo, home, start_dashboard, open_page):
    dashboard = start_dashboard(home)
    page = open_page(dashboard.url())
    page.context.grant_permissions(["camera"])
    start_building(page)
    press(page, "add_dataset_way", "New dataset")
    name_class(page, "left")
    press(page, "build_taking_way", "Camera")
    take(page, "left", 3)
    name_class(page, "right")
    take(page, "right", 4)
    widget(page, "build_taking_undo").locator("button").click()
    expect(widget(page, "build_class")).to_contain_text("right · 3")
    page.close()

    page = page.context.new_page()
    visit(page, dashboard.url())
    start_building(page)
    page.get_by_role("button", name="Go on").click()
    expect(widget(page, "build_class")).to_contain_text(re.compile("left · 3.*right · 3", re.DOTALL))
    widget(page, "build_train").locator("button:enabled").click()
    settled(page, "Train")
    assert sorted(len(list(folder.iterdir())) for folder in (home / "datasets" / "left and right").iterdir()) == [3, 3]

    start_training(page, epochs=2)
    page.locator(".st-key-train_compare").wait_for()
    click_through(page, "predict")
    expect(widget(page, "predict_result").locator("h4")).to_contain_text(re.compile("left|right"))
