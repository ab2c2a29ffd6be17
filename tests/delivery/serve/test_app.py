"""The application without a server: answers, limits, errors, headers and pages."""

import io
import json
import re
import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient
from torch import nn

from tests.support.photographs import jpeg, photograph
from tests.support.predictors import small_predictor
from tlcore.delivery.serve.app import build_app
from tlcore.delivery.serve.limits import Limits
from tlcore.errors import ConfigError
from tlcore.evaluation.answers import Answers
from tlcore.evaluation.familiar import Familiar
from tlcore.evaluation.predict import Predictor
from tlcore.transforms.spec import TransformSpec

CLASSES = ("blue", "<b>green</b>", "\udcff red")
SMALL = Limits(image_mb=0.05, request_mb=0.2, megapixels=0.1, images=3)
PHOTO = jpeg(photograph(200, 150))


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return small_predictor(CLASSES)


@pytest.fixture
def serve(predictor, monkeypatch):
    """`serve(limits, …)`: a client of a service that is ready. Failures are responses, as a real client sees them."""
    monkeypatch.setattr("tlcore.delivery.serve.classifier._MANY", 1)
    open_clients = []

    def make(limits=SMALL, by=predictor, **options):
        ready = threading.Event()
        app = build_app(by, limits, prepared=lambda engine, error: ready.set(), **options)
        client = TestClient(app, raise_server_exceptions=False)
        client.__enter__()
        open_clients.append(client)
        assert ready.wait(60)
        return client

    yield make
    for client in open_clients:
        client.__exit__(None, None, None)


def as_type(kind: str) -> dict[str, str]:
    return {"Content-Type": kind}


def png(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(file, "PNG")
    return file.getvalue()


def error(response) -> tuple[int, str, str]:
    """Status, code and message of an error, in the one shape that all have."""
    body = response.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"status", "code", "message"}
    assert body["error"]["status"] == response.status_code
    return tuple(body["error"].values())


def test_an_image_as_the_content_is_answered_as_the_predictor_answers_it(serve, predictor, tmp_path):
    (tmp_path / "a.jpg").write_bytes(PHOTO)
    expected = predictor.answer(tmp_path / "a.jpg")
    response = serve().post("/predict?top=2", content=PHOTO, headers=as_type("image/jpeg"))
    assert response.status_code == 200
    (said,) = response.json()["predictions"]
    assert (said["name"], said["label"], said["sure"], said["far"]) == (None, expected.label, True, None)
    assert [each["label"] for each in said["top"]] == [label for label, _ in expected.ranking[:2]]
    found = [each["probability"] for each in said["top"]]
    assert found == pytest.approx([value for _, value in expected.ranking[:2]], abs=1e-5)


@pytest.mark.parametrize(("limit", "far"), [(0.0, True), (2.0, False)])
def test_what_is_far_from_training_is_told(serve, predictor, limit, far):
    head = next(layer for layer in reversed(list(predictor.model.modules())) if isinstance(layer, nn.Linear))
    trained_on = Familiar(np.eye(1, head.in_features, dtype=np.float32))
    knows = replace(predictor, familiar=trained_on, answers=Answers(epoch=0, far_distance=limit))
    response = serve(by=knows).post("/predict", content=PHOTO, headers=as_type("image/jpeg"))
    assert response.json()["predictions"][0]["far"] is far


def test_several_files_are_answered_in_their_order_with_their_names(serve):
    photos = {f"{number}.jpg": jpeg(photograph(90, 70, seed=number)) for number in range(3)}
    client = serve()
    files = [("images", (f"C:\\photos\\{name}", content)) for name, content in photos.items()]
    together = client.post("/predict", files=files, data={"a_field": "is skipped"}).json()["predictions"]
    alone = [client.post("/predict", content=each, headers=as_type("image/png")).json() for each in photos.values()]
    assert [each["name"] for each in together] == list(photos)
    for one, (other,) in zip(together, [each["predictions"] for each in alone], strict=True):
        assert one["label"] == other["label"]
        assert one["top"][0]["probability"] == pytest.approx(other["top"][0]["probability"], abs=1e-5)


def test_answers_are_calibrated_and_below_the_threshold_not_sure(serve, predictor):
    flat = replace(predictor, answers=Answers(epoch=1, temperature=1000.0, threshold=0.9))
    (said,) = serve(by=flat).post("/predict", content=PHOTO, headers=as_type("image/*")).json()["predictions"]
    assert (said["label"], said["sure"]) == ("not sure", False)
    assert said["top"][0]["probability"] == pytest.approx(1 / 3, abs=0.01)
    assert serve(by=flat).get("/model").json()["answers"]["threshold"] == 0.9


def test_an_image_without_an_answer_does_not_cost_the_others_theirs(serve):
    files = [("a", ("good.jpg", PHOTO)), ("b", ("bad.jpg", PHOTO[:3000])), ("c", ("no.txt", b"hello"))]
    response = serve().post("/predict", files=files)
    good, bad, no_image = response.json()["predictions"]
    assert response.status_code == 200
    assert good["label"] in CLASSES
    assert (bad["name"], bad["error"]["status"]) == ("bad.jpg", 422)
    assert bad["error"]["message"] == "This image cannot be read: truncated: the file ends before the image does."
    assert no_image["error"]["code"] == "not_an_image"


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b"", "image/png", (400, "bad_request", "There is no image in the request.")),
        (b"hello", "image/png", (415, "not_an_image", "Not an image, or damaged in its first bytes.")),
        (b"<svg/>", "image/svg+xml", (415, "not_an_image", "Not an image")),
        (PHOTO, "text/plain", (415, "not_an_image", "The content is of type 'text/plain'. Send an image")),
        (PHOTO[:3000], "image/jpeg", (422, "unusable", "This image cannot be read: truncated")),
        (png(400, 300), "image/png", (413, "too_large", "Too large: 400 x 300 px, and at most 0.1 megapixels")),
        (png(301, 3), "image/png", (413, "too_large", "This image is not read: too long: 301 x 3 px")),
        (bytes(60_000), "image/png", (413, "too_large", "Too large: at most 50 kB of content are read.")),
        (b"broken\r\n", "multipart/form-data; boundary=x", (400, "bad_request", "The multipart content is damaged")),
        (b"--x\r\n", "multipart/form-data; boundary=x", (400, "bad_request", "The multipart content ends before")),
        (b"--x--\r\n", "multipart/form-data; boundary=x", (400, "bad_request", "There is no file in the form.")),
        (b"", "multipart/form-data", (400, "bad_request", "The multipart content has no boundary.")),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(serve, content, kind, expected):
    status, code, message = error(serve().post("/predict", content=content, headers=as_type(kind)))
    assert (status, code) == expected[:2]
    assert message.startswith(expected[2])


def test_an_image_is_refused_by_its_header_before_it_is_decoded(serve, monkeypatch):
    def decode(*arguments, **options):
        raise AssertionError("decoded")

    monkeypatch.setattr("tlcore.delivery.serve.classifier.decode", decode)
    assert serve().post("/predict", content=png(400, 300), headers=as_type("image/png")).status_code == 413


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([("a", ("a.jpg", b"x"))] * 4, "Too many images: at most 3 images in a request."),
        ([("a", ("a.jpg", bytes(51_000)))], "Too large: at most 50 kB of an image are read."),
        (
            [("a", ("a.jpg", bytes(49_000)))] * 3 + [("b", (None, bytes(60_000)))],
            "Too large: at most 200 kB of content",
        ),
        ([("b", (None, "x"))] * 17, "Too many fields that are no files: at most 16 are skipped."),
    ],
)
def test_a_form_has_limits(serve, files, message):
    status, code, said = error(serve().post("/predict", files=files))
    assert (status, code) == (413, "too_large")
    assert said.startswith(message)


def test_compressed_content_is_not_unpacked(serve):
    headers = {**as_type("image/png"), "Content-Encoding": "gzip"}
    assert error(serve().post("/predict", content=b"x", headers=headers))[0] == 415


def test_a_client_with_too_many_requests_and_a_full_queue_are_told_to_come_again(serve, monkeypatch):
    go_on, entered = threading.Event(), threading.Event()
    original = Predictor.answer_many

    def answer_many(self, images):
        entered.set()
        assert go_on.wait(60)
        return original(self, images)

    def held_while(limits: Limits):
        """The response to a second request while a first one is worked on, and the first one's status."""
        go_on.set()
        client = serve(limits)
        go_on.clear()
        entered.clear()
        first = []
        ask = threading.Thread(
            target=lambda: first.append(client.post("/predict", content=PHOTO, headers=as_type("image/jpeg")))
        )
        ask.start()
        assert entered.wait(60)
        state = client.get("/health").json()
        second = client.post("/predict", content=PHOTO, headers=as_type("image/jpeg"))
        go_on.set()
        ask.join(60)
        return second, first[0].status_code, state

    monkeypatch.setattr(Predictor, "answer_many", answer_many)
    second, first, state = held_while(Limits(per_client=1))
    assert error(second) == (429, "too_many_requests", "Too many requests at once: at most 1 of one client.")
    assert second.headers["retry-after"] == "1"
    assert first == 200
    assert (state["working"], state["waiting"]) == (1, 0)
    second, first, _ = held_while(Limits(concurrency=1, queue=0))
    assert error(second) == (503, "busy", "Too many requests wait already. Try again in a moment.")
    assert second.headers["retry-after"] == "1"
    assert first == 200


def test_before_the_model_is_ready_and_if_it_never_is_requests_are_told_so(predictor, monkeypatch):
    failures, told = [], threading.Event()

    def answer_many(self, images):
        raise MemoryError("/secret/place")

    monkeypatch.setattr(Predictor, "answer_many", answer_many)
    app = build_app(predictor, SMALL, prepared=lambda engine, failure: (failures.append(failure), told.set()))
    assert told.wait(60)
    with TestClient(app) as client:
        health = client.get("/health")
        assert (health.status_code, health.json()["ready"]) == (503, False)
        status, code, message = error(client.post("/predict", content=PHOTO, headers=as_type("image/jpeg")))
    assert (status, code, message[:29]) == (503, "busy", "The model is being prepared. ")
    assert isinstance(failures[0], MemoryError)


def test_a_failure_shows_nothing_of_the_machine(serve, monkeypatch):
    client = serve()

    def answer(self, images):
        raise RuntimeError("/secret/place")

    monkeypatch.setattr(Predictor, "answer_many", answer)
    response = client.post("/predict", content=PHOTO, headers=as_type("image/jpeg"))
    assert error(response) == (500, "failed", "The service failed. Its log says why.")
    assert "secret" not in response.text


def test_health_says_that_it_is_ready_and_what_it_does(serve):
    client = serve()
    client.post("/predict", content=PHOTO, headers=as_type("image/jpeg"))
    state = client.get("/health").json()
    assert state.pop("uptime_s") >= 0
    assert state == {"ready": True, "working": 0, "waiting": 0, "images": 0, "answered": 1}


def test_the_model_is_told_as_json_and_its_card_as_text(serve):
    client = serve(facts={"run": "test"}, card="# Über <script>\n")
    model = client.get("/model").json()
    assert (model["run"], model["classes"], model["input_px"]) == ("test", list(CLASSES), [32, 32])
    assert model["engine"].startswith("PyTorch")
    card = client.get("/" + model["card"])
    assert card.text == "# Über <script>\n"
    assert card.headers["content-type"] == "text/markdown; charset=utf-8"
    assert error(serve().get("/model/card")) == (404, "not_found", "This model has no card.")


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/static/page.css", "//etc/passwd", "/model/../../x"]
)
def test_no_file_is_reachable(serve, path):
    assert error(serve().get(path)) == (404, "not_found", "Not Found.")


def test_a_wrong_method_and_a_wrong_parameter_have_the_same_shape(serve):
    client = serve()
    wrong = client.get("/predict")
    assert error(wrong) == (405, "method_not_allowed", "Method Not Allowed.")
    assert wrong.headers["allow"] == "POST"
    said = error(client.post("/predict?top=0", content=PHOTO, headers=as_type("image/jpeg")))
    assert said[:2] == (422, "unusable")
    assert said[2].startswith("1 parameter is wrong: top: Input should be greater than or equal to 1")


@pytest.mark.parametrize("path", ["/", "/docs", "/health", "/model", "/openapi.json", "/nothing"])
def test_every_response_has_the_headers_that_keep_browsers_careful(serve, path):
    headers = serve().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_the_pages_load_nothing_from_elsewhere_and_run_nothing_else(serve, path):
    response = serve().get(path)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//|@import|url\(""", response.text)
    assert "unsafe" not in response.headers["content-security-policy"]
    assert not re.search(r"\son\w+=|\sstyle=", response.text)
    for mark in ("innerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert mark not in response.text


def test_the_reference_lists_every_address_and_refusal_of_the_schema(serve):
    client = serve(card="a card")
    schema, page = client.get("/openapi.json").json(), client.get("/docs").text
    assert set(schema["paths"]) == {"/predict", "/health", "/model", "/model/card"}
    told = schema["paths"]["/predict"]["post"]["responses"]
    assert {int(status) for status in told} == {200, 400, 408, 413, 415, 422, 429, 503}
    for path in schema["paths"]:
        assert f" {path}</code>" in page
    assert "Too many requests of this client at once" in page
    assert "HTTPValidationError" not in json.dumps(schema)


def test_a_transform_without_a_fixed_size_cannot_be_served(predictor):
    changing = TransformSpec.model_validate({"operations": [{"op": "Resize", "size": 36}]})
    with pytest.raises(ConfigError, match="images of different sizes"):
        build_app(replace(predictor, transform=changing), SMALL)
