"""A running label check: the command `tlcore check-labels` in a separate process, shared by all visitors."""

import json
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from tlcore.system.spawn import said_error, start
from ui.shared.hosting import note_work


@dataclass
class LabelCheck:
    source: str
    backbone: str
    weights: str = ""
    """A weights file; empty: the default weights of the backbone."""
    done: int = 0
    total: int = 0
    suspects: list[dict[str, Any]] | None = None
    agreement: float = 0.0
    error: str = ""
    cancelled: bool = False
    process: "subprocess.Popen[bytes] | None" = None
    finished: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        command = ["check-labels", "--json", "--data", self.source, "--backbone", self.backbone]
        if self.weights:
            command += ["--weights", self.weights]
        try:
            # a file, because a full pipe that nobody reads would block the process
            with tempfile.TemporaryFile() as errors:
                with start(command, stdout=subprocess.PIPE, stderr=errors) as self.process:
                    for line in self.process.stdout or ():
                        self._note(line)
                if self.suspects is None:
                    errors.seek(0)
                    said = said_error(errors.read().decode(errors="replace"))
                    self.error = said or f"The check ended early, with status {self.process.returncode}."
        finally:
            self.finished.set()

    def cancel(self) -> None:
        self.cancelled = True
        if self.process is not None:
            self.process.terminate()

    def _note(self, line: bytes) -> None:
        """Ignores lines that are no events: torch.hub, for example, prints when it downloads."""
        try:
            event = json.loads(line)
        except ValueError:
            return
        if isinstance(event, dict):
            self.suspects, self.agreement = event.get("suspects"), event.get("agreement", 0.0)
            self.done, self.total = event.get("done", self.done), event.get("total", self.total)


@st.cache_resource(max_entries=8, ttl=3600, show_spinner=False)
def label_check(source: str, backbone: str, weights: str) -> LabelCheck:
    """The label check of a dataset. It starts at the first call."""
    check = LabelCheck(source, backbone, weights)
    note_work(check.finished)
    threading.Thread(target=check.run, daemon=True).start()
    return check
