"""The training device in words. Another process finds it out, because that needs an import of torch."""

import functools
import json
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version

import psutil

from tlcore.errors import CommandFailed
from tlcore.system.files import write_json
from tlcore.system.home import cache_dir
from tlcore.system.spawn import run


@dataclass
class DeviceWords:
    text: str | None = None
    """None: not known yet."""

    def ask(self) -> None:
        kept = cache_dir() / "device.json"
        key = [version("torch"), psutil.boot_time(), sys.executable]
        with suppress(OSError, ValueError, KeyError, TypeError):
            found = json.loads(kept.read_text(encoding="utf-8"))
            if found["key"] == key:
                self.text = str(found["text"])
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
