"""A visitor without a browser: it speaks Streamlit's protocol like a page, and draws nothing.

It has a browser's cookies, cached files and cached messages, asks again for fragments that redraw themselves, uploads,
and fetches media. Widgets are found by their labels.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs, FileURLsResponse
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.plain_http import Answer, Connections

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
LIMIT_S = 120.0
"""For an answer to one action: far more than any page takes."""
_LINKED = re.compile(rb"""(?:src|href)="\./(static/[^"]+|favicon\.png)\"""")
_MEDIA = re.compile(r"/media/[\w.-]+")
_XSRF = "_streamlit_xsrf"

Received = Callable[[str, bytes], object]
"""Called with where something came from, the path of a request or `stream`, and its bytes."""


class Gone(ConnectionError):
    """The server closed the websocket, or did not answer in time."""


class NotShown(LookupError):
    """The page has no such widget."""


@dataclass
class Shown:
    """An element of the page."""

    element: Element
    fragment_id: str
    run_id: str
    """Of the script run that drew it last."""

    @property
    def kind(self) -> str:
        return self.element.WhichOneof("type") or ""

    @property
    def proto(self) -> Any:
        return getattr(self.element, self.kind)


@dataclass
class _Asked:
    """A rerun that was asked for, until its script has finished."""

    fragment_id: str
    over: "asyncio.Future[None]"
    runs: set[str] = field(default_factory=set)
    """Ids of its script run, and of those that began after it: of one that ended early, or while another was asked for,
    the end may never be sent."""


class Visitor:
    """One browser with one tab. Use `open`, the actions, and `close`."""

    def __init__(self, address: str, received: Received | None = None, headers: dict[str, str] | None = None) -> None:
        url = urlsplit(address)
        self._netloc = url.netloc
        self.http = Connections(
            str(url.hostname), int(url.port or 80), headers={"User-Agent": AGENT, **(headers or {})}
        )
        self.session_id = ""
        self.elements: dict[tuple[int, ...], Shown] = {}
        self.page_hash, self.page_name, self.query = "", "", ""
        self.bad_answers: list[Answer] = []
        """Answers with an HTTP status of 400 or more."""
        self.exceptions: list[str] = []
        """Exceptions that pages showed."""
        self.boxes: list[str] = []
        """Texts of red boxes that pages showed."""
        self._received = received or (lambda path, data: None)
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self.widgets: dict[str, WidgetState] = {}
        """What was changed on this page; it is sent with each rerun."""
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self._asked: list[_Asked] = []
        self._urls: dict[str, asyncio.Future[FileURLsResponse]] = {}
        self._cached: dict[str, tuple[int, ForwardMsg]] = {}
        self._runs, self._cached_for_runs = 0, 2
        self._run_id = ""
        self._page_names: dict[str, str] = {}
        self._shown_page = ""
        self._fetched: set[str] = set()
        self._fetching: set[asyncio.Task[None]] = set()

    # Pages

    async def open(self, page: str = "", **query: str) -> float:
        """Open an address of the dashboard, as typed. Returns the seconds until the page and its media were there."""
        started = time.perf_counter()
        await self.leave()
        self.elements.clear()
        self.page_hash, self.page_name, self.query = "", page, urlencode(query)
        document = await self._get(f"/{page}" + (f"?{self.query}" if query else ""))
        linked = [f"/{path.decode()}" for path in _LINKED.findall(document.body)]
        await asyncio.gather(*map(self._fetch, dict.fromkeys(linked)), *map(self._get, _ASKED_FIRST))
        await self.connect()
        await self._ask()
        return time.perf_counter() - started

    async def connect(self, session_id: str = "") -> None:
        """Open the websocket, with the id of an earlier session of this tab if there is one."""
        tokens = ["streamlit", self.http.cookies.get(_XSRF, "none"), *([session_id] if session_id else [])]
        self._socket = await connect(
            f"ws://{self._netloc}/_stcore/stream",
            subprotocols=tokens,  # type: ignore[arg-type]
            additional_headers={"Cookie": self.http.cookie_header(), **self.http.headers},
            origin=f"http://{self._netloc}",  # type: ignore[arg-type]
            user_agent_header=None,
            max_size=None,
        )
        self._reading = asyncio.create_task(self._read(self._socket))

    async def rerun(self) -> float:
        return await self._timed(self._ask())

    async def go(self, label: str) -> float:
        """Follow a link of the page to another one of its pages."""
        shown = self.find("page_link", label)
        self.page_hash, self.query = shown.proto.page_script_hash, shown.proto.query_string
        self.widgets.clear()
        self._stop_timers()
        return await self._timed(self._ask())

    async def close(self) -> None:
        await self.leave()
        await self.http.close()

    # Widgets

    def find(self, kind: str, label: str) -> Shown:
        """The first element of that kind whose label begins with these words.

        Raises NotShown with what there is.
        """
        found = self.find_all(kind, label)
        if not found:
            there = sorted({_label(shown) for shown in self.of_kind(kind)})
            raise NotShown(f"No {kind} “{label}”; there is {there}. Boxes: {self.shown_boxes()}")
        return found[0]

    def find_all(self, kind: str, label: str) -> list[Shown]:
        return [shown for shown in self.of_kind(kind) if _label(shown).startswith(label)]

    def has(self, kind: str, label: str) -> bool:
        return bool(self.find_all(kind, label))

    def of_kind(self, kind: str) -> Iterator[Shown]:
        return (shown for shown in self.elements.values() if shown.kind == kind)

    def shown_boxes(self) -> list[str]:
        return [shown.proto.body for shown in self.of_kind("alert")]

    def text(self) -> str:
        """All that the page says in Markdown, headings and progress bars."""
        kinds = {"markdown": "body", "heading": "body", "alert": "body", "progress": "text", "text": "body"}
        said = (getattr(shown.proto, kinds[shown.kind]) for shown in self.elements.values() if shown.kind in kinds)
        return "\n".join(said)

    async def click(self, label: str) -> float:
        """Click the first such button that can be clicked: one of an earlier drawing may be left before it."""
        self.find("button", label)
        clickable = [shown for shown in self.find_all("button", label) if not shown.proto.disabled]
        if not clickable:
            raise NotShown(f"“{label}” cannot be clicked. Boxes: {self.shown_boxes()}")
        return await self.change(clickable[0], trigger_value=True)

    async def choose(self, label: str, option: str) -> float:
        """Choose an option, whose label begins with these words, of a row of options or a list."""
        for kind in ("button_group", "selectbox"):
            for shown in self.find_all(kind, label):
                proto = shown.proto
                options = [getattr(each, "content", each) for each in proto.options]
                for name in options:
                    if name.startswith(option) or name.rpartition(": ")[2].startswith(option):
                        if kind == "selectbox":
                            return await self.change(shown, string_value=name)
                        return await self.change(shown, string_array_value=[name])
        raise NotShown(f"No “{option}” in “{label}”. Boxes: {self.shown_boxes()}")

    async def type(self, label: str, text: str) -> float:
        return await self.change(self.find("text_input", label), string_value=text)

    async def set_number(self, label: str, value: float) -> float:
        return await self.change(self.find("number_input", label), double_value=value)

    async def upload(self, label: str, files: Sequence[tuple[str, bytes]]) -> tuple[float, float]:
        """Drop files on an uploader. Returns the seconds of the transfer, and those of the page after it."""
        started = time.perf_counter()
        shown = self.find("file_uploader", label)
        addresses = await self._ask_for_urls([name for name, _ in files])
        await asyncio.gather(*(self.put(urls, *file) for urls, file in zip(addresses, files, strict=True)))
        sent_s = time.perf_counter() - started
        state = WidgetState(id=shown.proto.id)
        for urls, (name, data) in zip(addresses, files, strict=True):
            state.file_uploader_state_value.uploaded_file_info.add(
                file_id=urls.file_id, name=name, size=len(data), file_urls=urls
            )
        self.widgets[state.id] = state
        return sent_s, await self._timed(self._ask(shown.fragment_id))

    async def put(self, urls: FileURLs, name: str, data: bytes) -> Answer:
        """Send one file of an upload, as a form, to an address that the server gave."""
        edge = "----WebKitFormBoundaryTransferLab"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body = f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + data + f"\r\n--{edge}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={edge}",
            "X-Xsrftoken": self.http.cookies.get(_XSRF, ""),
        }
        return self._judge(await self.http.request("PUT", urls.upload_url, body, headers))

    async def until(self, ready: Callable[["Visitor"], bool], within_s: float = LIMIT_S) -> float:
        """Watch the page, which redraws itself, until it is ready. Returns the seconds. Raises TimeoutError."""
        started = time.perf_counter()
        while not ready(self):
            if time.perf_counter() - started > within_s:
                raise TimeoutError(f"Not ready after {within_s:.0f} s: {self.text()[:500]!r}")
            self._still_here()
            await asyncio.sleep(0.1)
        return time.perf_counter() - started

    # The protocol

    async def send(self, message: BackMsg) -> None:
        if self._socket is None:
            raise Gone("The websocket is not open.")
        try:
            await self._socket.send(message.SerializeToString())
        except ConnectionClosed as error:
            raise Gone(f"The websocket was closed: {error}") from error

    def rerun_message(self, fragment_id: str = "", auto: bool = False) -> BackMsg:
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string = self.query
        asked.page_script_hash = self.page_hash
        asked.page_name = "" if self.page_hash else self.page_name
        asked.fragment_id = fragment_id
        asked.is_auto_rerun = auto
        asked.widget_states.widgets.extend(self.widgets.values())
        asked.cached_message_hashes.extend(self._cached)
        asked.context_info.timezone = "Europe/Berlin"
        asked.context_info.locale = "en-GB"
        asked.context_info.url = f"http://{self._netloc}/{self.page_name}"
        asked.context_info.color_scheme = "light"
        return message

    async def change(self, shown: Shown, **value: Any) -> float:
        """Send a value of a widget, whether or not it offers that."""
        state = WidgetState(id=shown.proto.id)
        for name, given in value.items():
            if isinstance(given, list):
                getattr(state, name).data.extend(given)
            else:
                setattr(state, name, given)
        self.widgets[state.id] = state
        asking = self._ask(shown.fragment_id)
        try:
            return await self._timed(asking)
        finally:
            if "trigger_value" in value:
                self.widgets.pop(state.id, None)

    async def _timed(self, asking: Any) -> float:
        started = time.perf_counter()
        await asking
        return time.perf_counter() - started

    async def _ask(self, fragment_id: str = "") -> None:
        """Ask for a rerun, and wait until its script has finished and its media are there."""
        asked = self.expect(fragment_id)
        try:
            await self.send(self.rerun_message(fragment_id))
            await asyncio.wait_for(asked.over, LIMIT_S)
            while self._fetching:
                await asyncio.wait(self._fetching)
        except TimeoutError:
            raise Gone(f"No answer within {LIMIT_S:.0f} s.") from None
        finally:
            self._asked.remove(asked)

    def expect(self, fragment_id: str) -> _Asked:
        """Look for the end of a rerun of this part, or of the whole page, that begins from now on."""
        asked = _Asked(fragment_id, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        return asked

    async def _ask_for_urls(self, names: Sequence[str]) -> list[FileURLs]:
        message = BackMsg()
        message.file_urls_request.request_id = request = f"request-{len(self._urls)}"
        message.file_urls_request.file_names.extend(names)
        message.file_urls_request.session_id = self.session_id
        self._urls[request] = asyncio.get_running_loop().create_future()
        await self.send(message)
        answer = await asyncio.wait_for(self._urls[request], LIMIT_S)
        if answer.error_msg:
            raise Gone(answer.error_msg)
        return list(answer.file_urls)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for data in socket:
                assert isinstance(data, bytes)
                self._received("stream", data)
                self.take(ForwardMsg.FromString(data))
        except ConnectionClosed:
            pass
        finally:
            for _, timer in self._timers.values():
                timer.cancel()
            gone = Gone(f"The websocket was closed: {socket.close_code} {socket.close_reason}")
            waiting: list[asyncio.Future[Any]] = [*(asked.over for asked in self._asked), *self._urls.values()]
            for future in waiting:
                if not future.done():
                    future.set_exception(gone)

    def take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if message.metadata.cacheable and kind != "ref_hash" and message.hash:
            self._cached[message.hash] = (self._runs, message)
        if kind == "ref_hash":
            _, kept = self._cached[message.ref_hash]
            self._cached[message.ref_hash] = (self._runs, kept)
            original, message = message, ForwardMsg()
            message.CopyFrom(kept)
            message.metadata.CopyFrom(original.metadata)
            kind = message.WhichOneof("type")
        if kind == "delta":
            self._draw(message)
        elif kind == "new_session":
            self._begin(message)
        elif kind == "script_finished":
            self._finish(message)
        elif kind == "navigation":
            pages = message.navigation.app_pages
            self._page_names = {page.page_script_hash: page.url_pathname for page in pages}
            self._take_page(message.navigation.page_script_hash)
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string.lstrip("?")
        elif kind == "page_config_changed":
            self._look_for_media(message.page_config_changed.favicon)
        elif kind == "logo":
            self._look_for_media(f"{message.logo.image} {message.logo.icon_image}")
        elif kind == "auto_rerun":
            self._set_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment_id in message.stop_auto_rerun.fragment_ids:
                self._stop_timer(fragment_id)
        elif kind == "file_urls_response":
            future = self._urls.get(message.file_urls_response.response_id)
            if future is not None and not future.done():
                future.set_result(message.file_urls_response)
        elif kind == "session_event":
            failed = message.session_event.script_compilation_exception
            if failed.message:
                self.exceptions.append(failed.message)

    def _begin(self, message: ForwardMsg) -> None:
        new, run = message.new_session, message.metadata.run
        self.session_id = new.initialize.session_id or self.session_id
        self._run_id = run.script_run_id
        self._cached_for_runs = new.config.max_cached_message_age
        if not run.fragment_ids:
            self._stop_timers()
            self._take_page(new.page_script_hash)
        for asked in self._asked:
            if asked.runs or not run.fragment_ids or asked.fragment_id in run.fragment_ids:
                asked.runs.add(run.script_run_id)

    def _take_page(self, page_hash: str) -> None:
        if page_hash != self.page_hash or page_hash != self._shown_page:
            self.elements.clear()
            self.widgets.clear()
        self.page_hash = self._shown_page = page_hash
        self.page_name = self._page_names.get(page_hash, self.page_name)

    def _draw(self, message: ForwardMsg) -> None:
        delta = message.delta
        if delta.WhichOneof("type") != "new_element":
            return
        shown = Shown(delta.new_element, delta.fragment_id, self._run_id)
        kind, proto = shown.kind, shown.proto if shown.kind else None
        path = tuple(message.metadata.delta_path)
        before = self.elements.get(path)
        self.elements[path] = shown
        if proto is None:
            return
        if kind == "imgs":
            self._look_for_media(" ".join(image.url for image in proto.imgs))
        elif kind == "exception":
            self.exceptions.append(f"{proto.type}: {proto.message}")
        elif kind == "alert" and proto.format == proto.ERROR:
            if before is None or before.kind != "alert" or before.proto.body != proto.body:
                self.boxes.append(proto.body)
        elif kind in ("markdown", "html"):
            self._look_for_media(proto.body)
        if getattr(proto, "set_value", False):
            self.widgets.pop(proto.id, None)

    def _finish(self, message: ForwardMsg) -> None:
        run = message.metadata.run
        part = set(run.fragment_ids)
        if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return
        for path, shown in list(self.elements.items()):
            if shown.run_id != run.script_run_id and (not part or shown.fragment_id in part):
                del self.elements[path]
        there = {shown.proto.id for shown in self.elements.values() if shown.kind and hasattr(shown.proto, "id")}
        for name in [name for name in self.widgets if name not in there]:
            del self.widgets[name]
        self._runs += 1
        for name, (seen_in, _) in list(self._cached.items()):
            if not part and self._runs - seen_in > self._cached_for_runs:
                del self._cached[name]
        for asked in self._asked:
            if run.script_run_id in asked.runs and not asked.over.done():
                asked.over.set_result(None)

    # Media and timers

    def _look_for_media(self, text: str) -> None:
        for path in _MEDIA.findall(text):
            if path not in self._fetched:
                task = asyncio.create_task(self._fetch(path))
                self._fetching.add(task)
                task.add_done_callback(self._fetching.discard)

    async def _fetch(self, path: str) -> None:
        if path not in self._fetched:  # else it is in the browser's cache
            self._fetched.add(path)
            await self._get(path)

    async def _get(self, path: str) -> Answer:
        return self._judge(await self.http.get(path))

    def _judge(self, answer: Answer) -> Answer:
        if answer.status >= 400:
            self.bad_answers.append(answer)
        self._received(answer.path, answer.body)
        return answer

    def _set_timer(self, fragment_id: str, interval: float) -> None:
        if self._timers.get(fragment_id, (None,))[0] != interval:
            self._stop_timer(fragment_id)
            self._timers[fragment_id] = (interval, asyncio.create_task(self._tick(fragment_id, interval)))

    def _stop_timer(self, fragment_id: str) -> None:
        if fragment_id in self._timers:
            self._timers.pop(fragment_id)[1].cancel()

    def _stop_timers(self) -> None:
        for fragment_id in list(self._timers):
            self._stop_timer(fragment_id)

    async def _tick(self, fragment_id: str, interval: float) -> None:
        with suppress(Gone):
            while True:
                await asyncio.sleep(interval)
                await self.send(self.rerun_message(fragment_id, auto=True))

    def _still_here(self) -> None:
        if self._reading is None or self._reading.done():
            raise Gone("The websocket was closed.")

    async def leave(self) -> None:
        self._stop_timers()
        self.widgets.clear()
        if self._socket is not None:
            await self._socket.close()
        if self._reading is not None:
            await self._reading
        self._socket = self._reading = None


_ASKED_FIRST = ("/_stcore/health", "/_stcore/host-config")
"""What a page asks for before it opens the websocket; the second sets the cookie against forged requests."""


def _label(shown: Shown) -> str:
    """Its label without icons in front; for a button of an icon alone, its help."""
    label = str(getattr(shown.proto, "label", "") or getattr(shown.proto, "help", ""))
    return re.sub(r"^(:material/\w+:\s*)+", "", label)
