"""The settings of the data in the form, and what splits come of them. The Dataset page shows them, too."""

from dataclasses import replace

from ui.train.asked import OpenedData
from ui.train.fields import FIELDS, FormState
from ui.train.rows import show_rows
from ui.train.splits import show_splits


def show_data_fields(form: FormState, opened: OpenedData, prefix: str = "") -> None:
    """`prefix`: of the widgets' keys. Each page has its own: a widget of another page with the same key would hide that
    the draft has another value than this one shows.
    """
    rows = [field for field in FIELDS if field.section == "data" and field.shown(form)]
    show_rows([replace(field, key=prefix + field.key) for field in rows], form)
    show_splits(opened)
