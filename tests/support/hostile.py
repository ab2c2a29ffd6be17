"""A generator of hostile inputs: names, archives, images, tables, queries, cookies, headers. Each has a mark to find.

What is shown of them must be unchanged text: `unescaped` finds where Markdown, HTML or Plotly would interpret it.
"""

import io
import json
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from streamlit.testing.v1 import AppTest

MARK = "b17"
NAMES = {
    "bold": "**b17**",
    "coloured": ":red[b17]",
    "link": "[b17](javascript:b17)",
    "picture": "![b17](evil.example)",
    "element": "<img src=x onerror=b17>",
    "script": "<script>b17<",
    "plotly": "<b>b17<br>",
    "formula of LaTeX": "$b17$",
    "code": "`b17`",
    "struck": "~~b17~~",
    "made a link": "b17 www.b17.example",
    "made an address": "b17@b17.example",
    "heading": "# b17",
    "template": "%{customdata} {b17.__class__} %s",
    "formula of a table": "=b17()",
    "lines": "b17\n\n# b17",
    "turned round": "b17\u202egpj.exe",
    "control": "b17\x1b[31m\x07",
    "no text": os.fsdecode(b"b17\xff"),
    "quoted": "b17\"';--",
    "option": "-b17",
    "hidden": ".b17",
    "long": "b17" * 80,
}
"""What a folder or file can be called on Linux, so what a dataset, class or image can be called."""
PATHS = (
    "../../b17",
    "/etc/passwd",
    "..%2f..%2fb17",
    "C:\\b17",
    "\\\\host\\b17",
    "b17\0.png",
    "file:///etc/passwd",
    "~",
)
"""What might be taken for a path besides."""
TEXTS = (*NAMES.values(), *PATHS, "b17" * 5_000, "")


def archives() -> Iterator[tuple[str, bytes]]:
    """Zip files by what is wrong with them."""
    image = png()
    for kind, name in {**NAMES, **{path: path for path in PATHS}}.items():
        if "\0" not in name:
            yield f"named {kind}", zipped({**plain(image), f"ants/{name}.png": image})
    for kind, name in NAMES.items():
        yield f"class named {kind}", zipped({**plain(image), f"{name}/1.png": image})
    yield "cut", zipped(plain(image))[:-40]
    yield "empty", b""
    yield "no archive", b"<!DOCTYPE html><script>b17</script>"
    yield "a page named as an image", zipped({"ants/1.png": b"<script>b17</script>", "bees/1.png": b"<svg onload=b17>"})
    yield "a link", _with_link()
    yield "nested", zipped({"ants/1.png": zipped(plain(image))})


def plain(image: bytes) -> dict[str, bytes]:
    return {f"{label}/{number}.png": image for label in ("ants", "bees") for number in range(3)}


def zipped(entries: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in entries.items():
            archive.writestr(os.fsencode(name).decode("utf-8", "replace"), data)
    return content.getvalue()


def _with_link() -> bytes:
    content = io.BytesIO(zipped(plain(png())))
    with zipfile.ZipFile(content, "a") as archive:
        link = zipfile.ZipInfo("ants/link.png")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return content.getvalue()


def png(width: int = 8, height: int = 8, said: tuple[int, int] | None = None) -> bytes:
    """A grey PNG. `said` is the size in its header, if that is to be wrong."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    header = struct.pack(">LLBBBBB", *(said or (width, height)), 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes((17 * (x + y)) % 256 for x in range(width)) for y in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def images() -> Iterator[tuple[str, bytes]]:
    """Image files by what is wrong with them."""
    yield "says to be huge", png(said=(60_000, 60_000))
    yield "says to be nothing", png(said=(0, 0))
    yield "cut", png()[:-30]
    yield "empty", b""
    yield "a page", b"<!DOCTYPE html><script>b17</script>"
    yield "a drawing", b'<svg xmlns="http://www.w3.org/2000/svg" onload="b17"/>'
    yield "a pickle", b"\x80\x04cos\nsystem\n(Vtouch b17\ntR."
    yield "a GIF of many pixels", b"GIF89a" + struct.pack("<HH", 60_000, 60_000) + b"\0\0\0;"


def tables() -> Iterator[tuple[str, bytes]]:
    """Tables of `path,label` by what is wrong with them, for images `0.png` to `7.png`."""
    rows = b"".join(b"%d.png,bees\n" % number for number in range(4))
    for kind, name in NAMES.items():
        cell = os.fsencode(name).replace(b'"', b'""')
        yield f"label {kind}", b"path,label\n" + rows + b"".join(b'%d.png,"%s"\n' % (n, cell) for n in range(4, 8))
    for path in PATHS:
        yield f"path {path}", b"path,label\n%s%s,ants\n" % (rows, path.encode())
    yield "no text", bytes(range(256))
    yield "one endless line", b"path,label," + b"b17," * 50_000
    yield "empty", b""


def headers() -> Iterator[dict[str, str]]:
    """Headers of a request that may mislead a server."""
    for text in ("", "null", "b17", "a" * 8_000, "' OR 1=1 --", "127.0.0.1, " * 500, "<script>b17</script>"):
        for name in ("Cookie", "X-Forwarded-For", "Origin", "Host", "User-Agent", "Accept", "Content-Type", "Range"):
            yield {name: text}
    for cookie in (
        "transfer_lab_visitor=" + "0" * 32,
        "transfer_lab_visitor=../../b17",
        "_streamlit_xsrf=b17",
        "=;;=,",
    ):
        yield {"Cookie": cookie}
    yield {"Content-Length": "b17"}
    yield {"Transfer-Encoding": "b17"}


def addresses() -> Iterator[str]:
    """Addresses of requests."""
    yield from (
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/static/..%2f..%2f..%2fapp.py",
        "/media/../../etc/passwd",
        "/media/%00",
        "/_stcore/metrics",
        "/_stcore/../_stcore/metrics",
        "/_stcore/agent/openapi.json",
        "/_stcore/upload_file/x/y",
        "/component/../../etc/passwd",
        "/app/static/../app.py",
        "/train?dataset=../../etc/passwd&run=../../b17",
        "/%ff%fe",
        "/" + "b17" * 500,
        "/?" + "b17=1&" * 500,
    )


# where a mark of ours would be interpreted: in Streamlit's Markdown, and in the HTML that Plotly knows
_MARKDOWN = re.compile(
    r"(?<!\\)(\*\*|:red\[|\[|`|\$|~~)b17|(?<!\\)<(img src|script>b17|b>b17)|(?<![^\n])# b17|www(?=\\?\.b17)|b17@b17",
    re.IGNORECASE,
)
_PLOTLY = re.compile(r"<(img src|script>b17|b>b17)", re.IGNORECASE)
_MARKDOWN_FIELDS = {"body", "label", "text", "help", "content", "caption", "title", "tooltip", "options"}
_PLAIN = {"text_input", "text_area", "bidi_component", "arrow_data_frame", "code", "selectbox", "multiselect"}
"""Elements that interpret nothing but their label."""


def interpreted(page: AppTest) -> list[str]:
    """Where a page has a hostile name that the browser would interpret."""
    found = []
    for kind, proto in _elements(page):
        for path, text in _texts(proto):
            if MARK not in text:
                continue
            if kind == "plotly_chart":
                found += [f"{kind} {path}: {each[:200]!r}" for each in _shown(text) if _PLOTLY.search(each)]
                continue
            name = path.rpartition(".")[2]
            fields = {"label", "help"} if kind in _PLAIN else _MARKDOWN_FIELDS
            if name in fields and _MARKDOWN.search(text):
                found.append(f"{kind} {path}: {text[:200]!r}")
    return found


def _shown(spec: str) -> Iterator[str]:
    """The texts of a chart; data that only clicks return are left out."""

    def walk(part: Any) -> Iterator[str]:
        if isinstance(part, str):
            yield part
        elif isinstance(part, list):
            for each in part:
                yield from walk(each)
        elif isinstance(part, dict):
            shows = "%{customdata" in str(part.get("hovertemplate", "")) + str(part.get("texttemplate", ""))
            for name, each in part.items():
                if name not in ("customdata", "ids") or shows:
                    yield from walk(each)

    if spec.startswith("{"):
        yield from walk(json.loads(spec))


def all_texts(page: AppTest) -> str:
    """Everything that a page sends to the browser, as one text."""
    return "\n".join(text for _, proto in _elements(page) for _, text in _texts(proto))


def _elements(page: AppTest) -> Iterator[tuple[str, Any]]:
    for root in page._tree.children.values():
        for node in root:
            proto = getattr(node, "proto", None)
            if proto is not None and hasattr(proto, "ListFields"):
                yield str(getattr(node, "type", "")), proto


def _texts(proto: Any, path: str = "") -> Iterator[tuple[str, str]]:
    for field, value in proto.ListFields():
        if field.message_type and field.message_type.GetOptions().map_entry:
            continue
        for part in [value] if isinstance(value, str | bytes) or not hasattr(value, "__iter__") else value:
            if isinstance(part, str):
                yield f"{path}.{field.name}", part
            elif isinstance(part, bytes):
                yield f"{path}.{field.name}", part.decode("utf-8", "replace")
            elif hasattr(part, "ListFields"):
                yield from _texts(part, f"{path}.{field.name}")
