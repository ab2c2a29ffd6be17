"""Uploads are bounded: each, those of a visitor, those of a network, and all that is in memory."""

from collections import defaultdict

import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.support.web import client_of, echo
from tlcore.hosting.web.uploads import Files, Uploads

MB = 1_000_000


class Store:
    """Keeps the number and bytes of what was uploaded, as Streamlit's does."""

    def __init__(self) -> None:
        self.files: dict[str, Files] = defaultdict(Files)

    async def __call__(self, scope, receive, send) -> None:
        request = Request(scope, receive)
        session = request.url.path.split("/")[-2]
        self.files[session] += Files(1, len(await request.body()))
        await Response(status_code=204)(scope, receive, send)


def uploads(store: Store, **changes) -> Uploads:
    limits = {"file_bytes": 2 * MB, "files": 3, "all_bytes": 10 * MB, **changes}
    return Uploads(store, held=lambda session: store.files[session], visitor=visitor_of, **limits)


def visitor_of(scope) -> str:
    return Request(scope).headers.get("cookie", "nobody")


def put(client, size: int, session: str = "s", visitor: str = "v"):
    headers = {"cookie": visitor}
    return client.put(f"/_stcore/upload_file/{session}/file", content=b"\0" * size, headers=headers)


def test_a_file_says_how_long_it_is_and_is_not_too_long():
    store = Store()
    with client_of(uploads(store)) as client:
        unsaid = client.put("/_stcore/upload_file/s/f", content=iter([b"part"]))  # is sent in chunks
        assert (unsaid.status_code, unsaid.text) == (411, "An upload says first how long it is.")
        large = put(client, 3 * MB + 1)
        assert (large.status_code, large.text) == (413, "A file has at most 2.0 MB here.")
        assert put(client, 2 * MB).status_code == 204
        assert store.files["s"] == Files(1, 2 * MB)
        lies = client.put("/_stcore/upload_file/s/f", content=b"", headers={"content-length": "-5"})
        assert lies.status_code == 411


def test_a_visitor_has_so_many_files_and_bytes_in_memory_in_all_sessions():
    store = Store()
    with client_of(uploads(store)) as client:
        assert [put(client, 10, session).status_code for session in "abc"] == [204, 204, 204]
        refused = put(client, 10, "d")
        assert refused.status_code == 429
        assert refused.text == "At most 3 files and 2.0 MB are uploaded at a time here."
        assert put(client, 10, "e", visitor="another").status_code == 204
        store.files["a"] = Files()  # the session has ended
        assert put(client, 10, "d").status_code == 204
        store.files["b"] = Files(1, 4 * MB + MB)
        store.files["c"] = store.files["d"] = Files()
        assert put(client, 10, "f").status_code == 429


def test_all_uploads_together_and_those_of_a_network_are_bounded():
    store = Store()
    app = uploads(store, files=99)
    with client_of(app, "192.0.2.1") as one, client_of(app, "192.0.2.2") as other, client_of(app, "192.0.2.3") as last:
        assert [put(one, 2 * MB, f"one {n}", f"one {n}").status_code for n in range(3)] == [204, 204, 503]
        assert [put(other, 2 * MB, f"other {n}", f"other {n}").status_code for n in range(2)] == [204, 204]
        assert put(last, 2 * MB, "last", "last").status_code == 204
        refused = put(last, MB, "last", "last")
        assert refused.status_code == 503
        assert refused.text == "The server has no room for more uploads now. Try again in a minute."


def test_what_is_no_upload_passes():
    with client_of(Uploads(echo, held=lambda _: Files(), visitor=visitor_of, file_bytes=1, files=0, all_bytes=0)) as c:
        assert c.get("/train").status_code == 200
        assert c.delete("/_stcore/upload_file/s/f").status_code == 200


@pytest.mark.parametrize("quiet", [0.05])
def test_an_upload_that_stops_coming_is_given_up(quiet, monkeypatch):
    import asyncio

    monkeypatch.setattr("tlcore.hosting.web.uploads._QUIET_S", quiet)
    got = []

    async def app(scope, receive, send):
        got.append((await receive())["type"])

    async def never():
        await asyncio.Event().wait()

    limits = {"file_bytes": MB, "files": 1, "all_bytes": 10 * MB}
    middleware = Uploads(app, held=lambda _: Files(), visitor=lambda _: "v", **limits)
    path, headers = "/_stcore/upload_file/s/f", [(b"content-length", b"10")]
    scope = {"type": "http", "method": "PUT", "path": path, "headers": headers, "client": ("192.0.2.1", 1)}
    asyncio.run(middleware(scope, never, None))
    assert got == ["http.disconnect"]
