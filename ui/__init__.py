"""The dashboard: a folder per page, and `shared`. Asks `tlcore`, and draws."""
