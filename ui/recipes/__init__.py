"""The recipes on the Train page: cards, lessons, files. They use `ui.train`, never the other way."""
