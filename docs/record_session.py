"""Records docs/session.svg: the main commands in a terminal, on the photographs beside the clone.

python -m docs.record_session
"""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
COMMANDS = (
    "python -m tlcore train --data ../shared/data/hymenoptera_data --backbone mobilenet_v2 "
    "--weights ../shared/weights/mobilenet_v2-imagenet1k.pth --epochs 13",
    "python -m tlcore evaluate latest",
)


def main() -> None:
    home = tempfile.mkdtemp()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=118, file=nowhere, highlight=False)
        for command in COMMANDS:
            console.print(Text(f"$ {command}", style="bold green"))
            console.print(Text(_output(command, home)))
        svg = console.export_svg(title="Transfer Lab")
    (ROOT / "docs" / "session.svg").write_text(svg, encoding="utf-8")


def _output(command: str, home: str) -> str:
    """The output of a command, with this machine's folders replaced by those a user would see."""
    words = [sys.executable, *shlex.split(command)[1:]]
    environment = {**os.environ, "TLCORE_HOME": home}
    text = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    shared = str((ROOT.parent / "shared").resolve())
    return text.replace(shared, "../shared").replace(home, "~/.tlcore")


if __name__ == "__main__":
    main()
