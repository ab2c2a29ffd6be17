"""Which device trains, in words: asked by another process, because asking takes an import of torch."""

import functools
import json
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version

import psutil

from tlcore.system.files import write_json
from tlcore.system.home import cache_dir


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
        command = [sys.executable, "-m", "tlcore", "device"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            with suppress(psutil.Error):
                psutil.Process(process.pid).nice(10)  # the first page comes first
            self.text = process.communicate()[0].strip() or "Unknown device"
        if process.returncode == 0:
            with suppress(OSError):
                kept.parent.mkdir(parents=True, exist_ok=True)
                write_json(kept, {"key": key, "text": self.text}, durable=False)


@functools.cache  # not Streamlit's, which tests clear: once per process is enough
def device_words() -> DeviceWords:
    """Asks on first use, and does not wait for the answer."""
    words = DeviceWords()
    threading.Thread(target=words.ask, daemon=True).start()
    return words
