"""Import torch into the page process, once, and only where a page needs it."""

import streamlit as st


@st.cache_resource(show_spinner="Loading PyTorch …")
def load_torch() -> None:
    """Afterwards torch computes in one thread.

    Visitors share the cores, and on busy ones two threads wait for each other: 12 draws took 2.6 s instead of 0.1 s.
    """
    import torch
    import torchvision  # noqa: F401

    torch.set_num_threads(1)
