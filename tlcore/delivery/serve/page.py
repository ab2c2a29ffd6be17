"""The two pages for people: drop an image, and how a program asks. Each is one file that loads nothing from elsewhere.

Styles and scripts are in the page and named by their hash in its Content-Security-Policy, so that no other would run.
"""

import base64
import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from starlette.responses import HTMLResponse

_EXAMPLES = """curl --data-binary @photo.jpg -H 'Content-Type: image/jpeg' ADDRESS/predict
curl -F images=@one.jpg -F images=@two.jpg 'ADDRESS/predict?top=5'"""


def drop_page() -> HTMLResponse:
    """The page to drop images on. Its script fills in the model and the answers, as text."""
    return _page("Drop an image", _read("drop.html"), _read("drop.js"))


def reference_page(schema: Mapping[str, Any]) -> HTMLResponse:
    """An OpenAPI description as a page, without a script."""
    return _page("How to ask this service", "\n".join(_reference(schema)))


def _page(title: str, body: str, script: str = "") -> HTMLResponse:
    style = _read("page.css")
    last = f"<script>{script}</script>" if script else ""
    content = (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<style>{style}</style>\n</head>\n<body>\n{body}\n{last}\n</body>\n</html>\n"
    )
    policy = (
        f"default-src 'none'; style-src {_source(style)}; script-src {_source(script) if script else _NONE}; "
        "img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(content, headers={"Content-Security-Policy": policy})


_NONE = "'none'"


def _source(text: str) -> str:
    """How a Content-Security-Policy names an inline style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _read(name: str) -> str:
    return files(__package__).joinpath("static", name).read_text(encoding="utf-8")


def _reference(schema: Mapping[str, Any]) -> Iterator[str]:
    info = schema["info"]
    yield "<h1>How to ask this service</h1>"
    yield f'<p class="soft">{html.escape(str(info.get("summary", "")))}. <a href="./">Drop an image</a>, or read the '
    yield 'same as <a href="openapi.json">OpenAPI</a>.</p>'
    yield f"<pre>{html.escape(_EXAMPLES)}</pre>"
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            yield from _operation(f"{method.upper()} {path}", operation)
    yield "<h2>Shapes</h2>"
    for name, shape in schema.get("components", {}).get("schemas", {}).items():
        yield f"<h3>{html.escape(name)}</h3>"
        if shape.get("description"):
            yield f"<p>{_words(shape['description'])}</p>"
        yield from _table(
            (field, _type(about), about.get("description", "")) for field, about in shape.get("properties", {}).items()
        )


def _operation(title: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2><code>{html.escape(title)}</code></h2>"
    yield f"<p>{_words(operation.get('summary', ''))}. {_words(operation.get('description', ''))}</p>"
    body = operation.get("requestBody")
    if body:
        types = ", ".join(body["content"])
        yield f'<p class="soft">{html.escape(body["description"])} Types: {html.escape(types)}.</p>'
    yield from _table(
        (f"?{each['name']}", _type(each["schema"]), each.get("description", ""))
        for each in operation.get("parameters", [])
    )
    yield from _table(
        (status, _types(answer.get("content", {})), answer["description"])
        for status, answer in operation["responses"].items()
    )


def _table(rows: Iterator[tuple[str, str, str]]) -> Iterator[str]:
    lines = ["".join(f"<td>{_words(cell)}</td>" for cell in row) for row in rows]
    if lines:
        yield f"<table><tbody>{''.join(f'<tr>{line}</tr>' for line in lines)}</tbody></table>"


def _words(text: str) -> str:
    """Text with `code` in it, as HTML."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _types(content: Mapping[str, Any]) -> str:
    return ", ".join(_type(about.get("schema", {})) or mime for mime, about in content.items())


def _type(shape: Mapping[str, Any]) -> str:
    """A JSON schema in a few words."""
    if "$ref" in shape:
        return str(shape["$ref"]).rpartition("/")[2]
    if "anyOf" in shape:
        return " or ".join(_type(each) for each in shape["anyOf"])
    if shape.get("type") == "array":
        return f"list of {_type(shape.get('items', {}))}"
    limits = " ".join(
        f"{words} {shape[key]}" for key, words in (("minimum", "from"), ("maximum", "to")) if key in shape
    )
    default = [f"default {shape['default']}"] if shape.get("default") is not None else []
    return ", ".join(filter(None, [str(shape.get("type", "")), limits, *default]))
