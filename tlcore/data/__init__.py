"""Datasets: `catalog` opens one by path or by name, `dataset` says what that is.

`tree`, `folder`, `table` and `torchvision_sets` find labelled images, `assemble` and `splits` make a checked
`Dataset` of them. `images` decodes, `sources` and `readable` load, `digests` and `fingerprints` tell whether
anything changed, `records` keeps which image was in which split.

`scan` looks at every image (`measures`, `measuring`, `near_duplicates`), `audit` says what is wrong with them,
`label_check` which labels look wrong. `library` lists the datasets there are, `upload` takes in new ones (`archive`,
`names`), `thumbnails` makes small pictures.
"""
