"""Exit status 0 if the dashboard on this machine answers and its worker lives: `python healthy.py [PORT]`."""

import os
import sys
import urllib.request

port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT") or 8501)
try:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=8) as answer:
        print(answer.read(1000).decode())
except OSError as failure:  # no answer, or a status that is not 200
    sys.exit(f"not healthy: {failure}")
