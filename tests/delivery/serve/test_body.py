"""How content is read: nothing is believed, and no more is received than the limits allow."""

import asyncio

import pytest
from starlette.requests import Request

from tlcore.delivery.serve.body import read_uploads, was_read
from tlcore.delivery.serve.limits import Limits
from tlcore.delivery.serve.refusals import Refused

FORM = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a.jpg"\r\n\r\n'
LIMITS = Limits(image_mb=0.01, request_mb=0.03, read_s=60)


class Sender:
    """A client that sends these chunks, and then the end, nothing, or no more."""

    def __init__(self, *chunks: bytes, end: str = "end") -> None:
        self.left, self.end, self.sent = list(chunks), end, 0

    async def __call__(self) -> dict:
        if self.left:
            self.sent += len(self.left[0])
            return {"type": "http.request", "body": self.left.pop(0), "more_body": bool(self.left or self.end != "end")}
        if self.end == "never":
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}


def read(sender: Sender, limits: Limits = LIMITS, **headers: str):
    """The uploads of a request, or the Refused; and whether its content was read to the end."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    request = Request({"type": "http", "method": "POST", "headers": raw}, sender)
    try:
        return asyncio.run(read_uploads(request, limits)), was_read(request)
    except Refused as refused:
        return refused, was_read(request)


def test_content_that_is_too_long_is_read_no_further():
    sender = Sender(*[bytes(1000)] * 5000)
    refused, whole = read(sender, content_type="image/png")
    assert (refused.status, str(refused)) == (413, "Too large: at most 10 kB of content are read.")
    assert sender.sent == 11_000
    assert not whole


def test_an_image_of_a_form_that_is_too_long_is_read_no_further():
    sender = Sender(PART, *[bytes(1000)] * 5000)
    refused, _ = read(sender, content_type=FORM)
    assert (refused.status, str(refused)) == (413, "Too large: at most 10 kB of an image are read.")
    assert sender.sent == 11_000 + len(PART)


def test_what_says_that_it_is_too_long_is_not_read_at_all():
    sender = Sender(b"x")
    refused, _ = read(sender, content_type="image/png", content_length="10001")
    assert (refused.status, sender.sent) == (413, 0)


@pytest.mark.parametrize("length", ["1", "-5", "9" * 500, "many"])
def test_a_wrong_length_is_not_believed(length):
    refused, _ = read(Sender(bytes(20_000)), content_type="image/png", content_length=length)
    assert refused.status == 413


def test_content_that_does_not_come_is_not_waited_for():
    refused, whole = read(Sender(b"x", end="never"), Limits(read_s=0.01), content_type="image/png")
    assert (refused.status, str(refused)) == (408, "The content did not come within 0.01 s.")
    assert not whole


def test_a_client_that_goes_away_is_no_failure():
    assert read(Sender(b"x", end="gone"), content_type="image/png")[0].status == 400


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_form_can_come_in_pieces_of_any_size(size):
    content = PART + b"first\r\n--x\r\n" + PART.replace(b"a.jpg", "../ü\u202e.png".encode())[5:] + b"second\r\n--x--"
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    uploads, whole = read(Sender(*pieces), content_type=FORM)
    assert [(upload.name, upload.content) for upload in uploads] == [("a.jpg", b"first"), ("ü\u202e.png", b"second")]
    assert whole


def test_a_name_that_is_no_text_or_very_long_is_shortened_to_text():
    parts = PART.replace(b"a.jpg", b"\xff" + 900 * b"n")
    (upload,), _ = read(Sender(parts, b"x\r\n--x--"), content_type=FORM)
    assert upload.name == "\ufffd" + 199 * "n"
