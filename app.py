"""Entry point of the dashboard: it runs the Overview page. Streamlit finds the other pages in `pages/`."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parent / "pages" / "overview.py"))
