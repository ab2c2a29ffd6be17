"""Imports torch into the server process once, and only when a page needs it."""

import streamlit as st


@st.cache_resource(show_spinner="Loading PyTorch …")
def load_torch() -> None:
    """Import torch and limit it to one thread.

    Visitors share the cores, and on busy cores two threads wait for each other: 12 draws took 2.6 s instead of 0.1 s.
    """
    import torch
    import torchvision  # noqa: F401

    torch.set_num_threads(1)
