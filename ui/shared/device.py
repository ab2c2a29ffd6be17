"""The training device in words. Another process finds it out, because that needs an import of torch."""

import functools
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version

import psutil

from tlcore.errors import CommandFailed, RecordError
from tlcore.system.files import write_json
from tlcore.system.home import as_host, cache_dir
from tlcore.system.records import read_record
from tlcore.system.spawn import run


@dataclass(frozen=True)
class _Kept:
    """The answer of an earlier process."""

    key: list[str | float]
    """What it depends on: the version of torch, when the machine started, and the Python."""
    text: str


@dataclass
class DeviceWords:
    text: str | None = None
    """None: not known yet."""

    def ask(self) -> None:
        with as_host():
            self._ask()

    def _ask(self) -> None:
        kept = cache_dir() / "device.json"
        key: list[str | float] = [version("torch"), psutil.boot_time(), sys.executable]
        with suppress(OSError, RecordError):
            found = read_record(kept, _Kept, "a kept description of the device")
            if found.key == key:
                self.text = found.text
                return
        try:
            self.text = run(["device"]).strip()
        except CommandFailed:
            self.text = "Unknown device"
            return
        with suppress(OSError):
            write_json(kept, {"key": key, "text": self.text}, durable=False)


@functools.cache  # not Streamlit's cache, which tests clear: once per process is enough
def device_words() -> DeviceWords:
    """The device in words. The first call starts the other process and does not wait for it."""
    words = DeviceWords()
    threading.Thread(target=words.ask, daemon=True).start()
    return words
