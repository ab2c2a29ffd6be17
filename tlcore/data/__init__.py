"""Datasets: `catalog` opens one by path or by name, `dataset` says what that is.

`formats`: what a dataset can be read from. `folder` (with `tree`, `split_names`, `hints`) reads class folders, `table`
(with `rows`, `columns`, `lookup`) one table, `tables` a folder with tables inside, `torchvision_sets` and `demo` named
datasets; `assemble` and `splits` make a validated `Dataset` of them; `groups` says which images belong together, and
`grouped_splits` keeps them together. `records` stores which image was in which split.

`pixels`: from bytes to pixels. `formats` is the one list of image formats; `sources` loads the bytes, `images` decodes
them (`cost` limits that, `colour` converts to RGB), `readable` is a training's first pass over all images, `digests`
and `fingerprints` tell whether anything changed, `thumbnails` makes small pictures.

`health`: `scan` looks at every image (`measures`, `measuring`, `near_duplicates`, `alike`), `audit` reports what is
wrong with them.

`edits`: changes of a dataset beside its files, as a log with undo. `lines` says what one means, `log` stores them,
`apply` makes the edited dataset, `actions` checks and appends.

`intake`: `library` lists the available datasets, `upload` adds new ones (`archive`, `entries`, `encodings`, `names`),
`building` makes one of single photographs (`photographs`), and `additions` adds more to one that was made here.
"""
