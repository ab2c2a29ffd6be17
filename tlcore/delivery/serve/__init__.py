"""A run as a web service: `app.build_app` makes it, `server` runs it."""
