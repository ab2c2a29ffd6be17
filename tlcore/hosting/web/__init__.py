"""ASGI middleware that stands before the pages of a hosted dashboard."""
