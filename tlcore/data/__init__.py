"""Datasets: `catalog` opens one by path or by name, `dataset` says what that is.

`formats`: what a dataset can be made from. `folder` (with `tree`, `split_names`, `hints`) reads class folders, `table`
(with `rows`, `columns`, `lookup`) one table, `tables` a folder with tables inside, `torchvision_sets` and `demo` named
ones; `assemble` and `splits` make a checked `Dataset` of them. `records` keeps which image was in which split.

`pixels`: from bytes to pixels. `formats` is the one list of image formats; `sources` loads the bytes, `images` decodes
them (`cost` bounds that, `colour` makes RGB of it), `readable` is a training's first pass over all images, `digests`
and `fingerprints` tell whether anything changed, `thumbnails` makes small pictures.

`health`: `scan` looks at every image (`measures`, `measuring`, `near_duplicates`), `audit` says what is wrong with
them, `label_check` which labels look wrong.

`intake`: `library` lists the datasets there are, `upload` takes in new ones (`archive`, `entries`, `encodings`,
`names`).
"""
