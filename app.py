"""Entry point of the dashboard. The server that `streamlit run app.py` starts runs this file again for each visit, and
then it is the Overview page. Streamlit finds the other pages in `pages/`.
"""

import runpy
from pathlib import Path

import streamlit as st
from streamlit import runtime

from ui.shared.hosting import is_hosted

if runtime.exists():
    runpy.run_path(str(Path(__file__).parent / "pages" / "overview.py"))
elif is_hosted():
    from ui.hosting.failures import show_failure
    from ui.hosting.server import lifespan, middleware, set_up

    set_up()
    app = st.App(__file__, middleware=middleware(), lifespan=lifespan, on_script_error=show_failure)
else:
    app = st.App(__file__)
