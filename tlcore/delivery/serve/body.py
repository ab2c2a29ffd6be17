"""Read the images of a request: multipart files, or one image as the whole content. Limits hold while it is read."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from tlcore.delivery.serve.limits import Limits
from tlcore.delivery.serve.refusals import Refused
from tlcore.words import count, size

_HOW = "Send an image as the content, with its type (image/jpeg), or files as multipart/form-data."
_FORM = "multipart/form-data"
_MAX_PARTS_BESIDE = 16
"""Fields of a form that are no files: they are skipped."""
_NAME_CHARACTERS = 200


@dataclass(frozen=True)
class Upload:
    name: str | None
    """The file's name without folders, as its sender gave it; None if it has none."""
    content: bytes


async def read_uploads(request: Request, limits: Limits) -> list[Upload]:
    """The images of a request, which are not looked into. Raises Refused 400, 408, 413, 415."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "Compressed content is not read: send it without Content-Encoding.")
    mime = kind.decode("latin-1").lower()
    is_form = mime == _FORM
    if not is_form and not mime.startswith("image/") and mime != "application/octet-stream":
        raise Refused(415, f"The content is of type {mime[:80] or 'unknown'!r}. {_HOW}")
    if is_form and b"boundary" not in options:
        raise Refused(400, "The multipart content has no boundary.")
    most = limits.request_bytes if is_form else limits.image_bytes
    _check_announced(request, most)
    chunks = _chunks(request, most)
    try:
        async with asyncio.timeout(limits.read_s):
            if is_form:
                return await _read_form(chunks, options[b"boundary"], limits)
            return [await _read_whole(chunks)]
    except TimeoutError:
        raise Refused(408, f"The content did not come within {limits.read_s:g} s.") from None


def _check_announced(request: Request, most: int) -> None:
    """Refuse what says itself that it is too large, before any of it is read."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise _too_large(most)


def _too_large(most: int, what: str = "content") -> Refused:
    return Refused(413, f"Too large: at most {size(most)} of {what} are read.")


async def _chunks(request: Request, most: int) -> AsyncIterator[bytes]:
    received, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "The connection ended before the content did.")
        more = message.get("more_body", False)
        request.state.was_read = not more
        chunk = message.get("body", b"")
        received += len(chunk)
        if received > most:
            raise _too_large(most)
        yield chunk


def was_read(request: Request) -> bool:
    """Whether all content of the request was read."""
    return bool(getattr(request.state, "was_read", False))


async def _read_whole(chunks: AsyncIterator[bytes]) -> Upload:
    content = bytearray()
    async for chunk in chunks:
        content += chunk
    if not content:
        raise Refused(400, f"There is no image in the request. {_HOW}")
    return Upload(None, bytes(content))


async def _read_form(chunks: AsyncIterator[bytes], boundary: bytes, limits: Limits) -> list[Upload]:
    form = _Form(limits)
    try:
        parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except FormParserError:
        raise Refused(400, "The multipart content is damaged.") from None
    if not form.ended:
        raise Refused(400, "The multipart content ends before its last boundary.")
    if not form.uploads:
        raise Refused(400, f"There is no file in the form. {_HOW}")
    return form.uploads


@dataclass
class _Form:
    """Collects the parts of a form in memory; the parser calls it."""

    limits: Limits
    uploads: list[Upload] = field(default_factory=list)
    ended: bool = False
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _disposition: bytes = b""
    _content: bytearray | None = None
    """Of the current part; None if it is no file."""
    _name: str | None = None
    _others: int = 0

    def callbacks(self) -> dict[str, object]:
        names = ("part_begin", "header_field", "header_value", "header_end", "headers_finished", "part_data")
        return {f"on_{name}": getattr(self, name) for name in (*names, "part_end", "end")}

    def part_begin(self) -> None:
        self._disposition, self._content, self._name = b"", None, None

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"filename" not in options:
            self._others += 1
            if self._others > _MAX_PARTS_BESIDE:
                raise Refused(413, f"Too many fields that are no files: at most {_MAX_PARTS_BESIDE} are skipped.")
            return
        if len(self.uploads) >= self.limits.images:
            raise Refused(413, f"Too many images: at most {count(self.limits.images, 'image')} in a request.")
        self._content, self._name = bytearray(), _file_name(options[b"filename"])

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if self._content is None:
            return
        if len(self._content) + end - start > self.limits.image_bytes:
            raise _too_large(self.limits.image_bytes, "an image")
        self._content += data[start:end]

    def part_end(self) -> None:
        if self._content is not None:
            self.uploads.append(Upload(self._name, bytes(self._content)))
            self._content = None

    def end(self) -> None:
        self.ended = True


def _file_name(given: bytes) -> str | None:
    """What the sender calls the file, to find its answer by: it is repeated, and never opened."""
    name = given.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
    return name[:_NAME_CHARACTERS] or None
