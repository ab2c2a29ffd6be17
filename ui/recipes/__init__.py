"""The recipes on the Train page: cards, lessons, files. They import `ui.train`; `ui.train` never imports them."""
