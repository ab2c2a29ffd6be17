"""A small Hugging Face Hub in a thread: the part of its HTTP interface that an upload uses."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

TOKEN = "hf_good"


class FakeHub:
    """Repositories by name, each with its files. Only the user `me` may write, with `TOKEN`."""

    def __init__(self) -> None:
        self.private: dict[str, bool] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        self.commits: list[str] = []
        self.large: dict[str, bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> "FakeHub":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub

    def log_message(self, *parts: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(200, {})

    def do_GET(self) -> None:
        name = "/".join(self.path.split("/")[3:5])
        if name not in self.hub.private:
            return self._answer(404, {"error": "Repository not found"})
        return self._answer(200, {"id": name, "private": self.hub.private[name], "sha": "a" * 40, "siblings": []})

    def do_PUT(self) -> None:
        content = self._body()
        self.hub.large[hashlib.sha256(content).hexdigest()] = content
        self._answer(200, {})

    def do_POST(self) -> None:
        content = self._body()
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._answer(401, {"error": "Invalid credentials"})
        if self.path.endswith("/api/repos/create"):
            return self._create(json.loads(content))
        if self.path.endswith("/api/validate-yaml"):
            return self._validate(json.loads(content)["content"])
        if "/preupload/" in self.path:
            files = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["path"].endswith(".safetensors") else "regular",
                    "shouldIgnore": False,
                }
                for file in json.loads(content)["files"]
            ]
            return self._answer(200, {"files": files})
        if self.path.endswith("/info/lfs/objects/batch"):
            objects = [
                {**wanted, "actions": {"upload": {"href": f"{self.hub.address}/large/{wanted['oid']}"}}}
                for wanted in json.loads(content)["objects"]
            ]
            return self._answer(200, {"transfer": "basic", "objects": objects})
        if "/commit/" in self.path:
            return self._commit("/".join(self.path.split("/")[3:5]), content)
        return self._answer(404, {"error": f"no {self.path}"})

    def _create(self, wanted: dict[str, Any]) -> None:
        name = f"{wanted.get('organization') or 'me'}/{wanted['name']}"
        if not name.startswith("me/"):
            return self._answer(403, {"error": "You do not have the rights"})
        if name in self.hub.private:
            return self._answer(
                409, {"error": "You already created this model repo", "url": f"{self.hub.address}/{name}"}
            )
        self.hub.private[name] = bool(wanted.get("private") or wanted.get("visibility") == "private")
        return self._answer(200, {"url": f"{self.hub.address}/{name}", "name": name})

    def _validate(self, card: str) -> None:
        head = yaml.safe_load(card.split("\n---\n")[0])
        wrong = [] if isinstance(head, dict) and head.get("license") else [{"message": "no licence"}]
        self._answer(400 if wrong else 200, {"errors": wrong, "warnings": []})

    def _commit(self, name: str, content: bytes) -> None:
        files = self.hub.files.setdefault(name, {})
        for line in map(json.loads, content.splitlines()):
            value = line["value"]
            if line["key"] == "header":
                self.hub.commits.append(value["summary"])
            elif line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
        self._answer(200, {"commitUrl": f"{self.hub.address}/{name}/commit/{'b' * 40}", "commitOid": "b" * 40})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
