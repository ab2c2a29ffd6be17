"""The parts of the dashboard's pages: a folder per page, and `shared`. They call `tlcore` and draw its results."""
