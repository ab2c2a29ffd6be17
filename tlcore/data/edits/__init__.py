"""Edits of a dataset, beside its files and never in them: another label, left out, another split, undo.

How to use it: `open_edits(source, dataset)` gives the `Edits` of a dataset, whose methods are the actions. Each action
is on the disk when it returns, and raises EditRefused, in words for the user, before it writes anything that cannot be.
`open_dataset` gives the dataset with its edits (`DataConfig.edits` says up to which line), so nobody else applies them;
`Dataset.edits` says what was applied, and `Dataset.unedited` is the dataset without. On a page, take the dataset from
`ui.shared.cached.open_dataset(source)`, and give `edits_version(source)` to caches of what depends on the dataset.

`lines` says what one line means, `log` reads and writes the file, `apply` makes the edited dataset, `actions` has the
checks before a line is written, `mends` what is usually done about a finding of the health report, and `export` writes
the mended set to a folder. `added` keeps photographs that edits add, and serves them beside the dataset's own.
"""

from tlcore.data.edits.actions import Edits, open_edits

__all__ = ["Edits", "open_edits"]
