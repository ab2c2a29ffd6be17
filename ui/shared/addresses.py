"""Whole addresses of the dashboard, for a visitor to copy, and paths on its server."""

from urllib.parse import urlsplit

import streamlit as st

SHARED = "shared"
"""The query parameter with the token of a link."""


def base_path() -> str:
    """The path below which the dashboard is served: empty, or `/lab`."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""


def link_address(token: str) -> str:
    """The address that opens what a link opens."""
    here = urlsplit(st.context.url or "")
    return f"{here.scheme or 'http'}://{here.netloc}{base_path()}/?{SHARED}={token}"
