"""The first page. Streamlit finds the others in `pages/`."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parent / "pages" / "overview.py"))
