"""Sort predicted photographs into a new folder: one folder per class, and one for those that the run is not sure of.

Files are hard links where the file system allows that, else copies. The folder appears only when it is complete.
"""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tlcore.data.formats.unlabelled import Photographs
from tlcore.data.intake.names import distinct_names, first_free, folder_name, visible_part
from tlcore.data.pixels.sources import FileSource
from tlcore.errors import StorageError, UnreadableImage
from tlcore.evaluation.answers import NOT_SURE
from tlcore.evaluation.unlabelled import Guesses
from tlcore.system.new_folder import check_free, link_or_copy, new_folder
from tlcore.words import count, first_of

_EVERY = 100  # images between two reports


class SortProgress(NamedTuple):
    done: int
    total: int
    """`done` of `total` images."""


@dataclass(frozen=True)
class Sorted:
    folder: Path
    linked: int
    copied: int
    gone: tuple[str, ...]
    """Ids of images that cannot be read any more."""
    renamed: dict[str, str]
    """Class names that could not be the name of a folder as they are, and what they are called there."""


def check_place(photographs: Photographs, folder: Path) -> None:
    """Raises StorageError unless photographs can be sorted into this folder: it is new or empty, and not among them."""
    check_free(folder)
    source = photographs.source
    if isinstance(source, FileSource) and source.confined and folder.resolve().is_relative_to(source.root.resolve()):
        raise StorageError(
            f"{folder} lies in the folder of the photographs, so the next prediction would take them twice. Give a "
            "folder elsewhere."
        )


def sort_photographs(
    photographs: Photographs, guesses: Guesses, folder: Path, *, copy: bool = False
) -> Generator[SortProgress, None, Sorted]:
    """Put each photograph into the folder of its label, with its name, or with a number where two have the same.

    `copy`: no hard links, so that the files can be changed without changing the originals. Raises StorageError; then,
    or if the caller stops early, nothing is left behind.
    """
    check_place(photographs, folder)
    names = distinct_names(guesses.classes, folder_name)
    not_sure = first_free(NOT_SURE, {name.casefold() for name in names.values()})
    places = [names[label] if sure else not_sure for label, sure in zip(guesses.predicted, guesses.sure, strict=True)]
    linked, gone, taken = 0, list[str](), set[str]()
    with new_folder(folder) as made:
        for done, (sample_id, place) in enumerate(zip(guesses.ids, places, strict=True), 1):
            wanted = f"{place}/{visible_part(PurePosixPath(sample_id).name, 'image')}"
            target = made / first_free(wanted, taken)
            target.parent.mkdir(exist_ok=True)
            try:
                linked += _put(photographs, sample_id, target, copy=copy)
            except (UnreadableImage, FileNotFoundError, PermissionError):
                gone.append(sample_id)
            if done % _EVERY == 0 or done == len(places):
                yield SortProgress(done, len(places))
    renamed = {label: name for label, name in names.items() if label != name}
    if not_sure != NOT_SURE:
        renamed[NOT_SURE] = not_sure
    return Sorted(folder, linked, len(places) - linked - len(gone), tuple(gone), renamed)


def sorted_lines(found: Sorted) -> list[str]:
    """The result as sentences."""
    lines = [
        f"{label!r} is the folder {name!r}, because its name is not possible there or taken."
        for label, name in found.renamed.items()
    ]
    if found.gone:
        lines.append(f"{count(len(found.gone), 'image')} gone meanwhile, and not sorted: {first_of(found.gone, 3)}.")
    how = f"{count(found.linked)} as hard links, {count(found.copied)} as copies"
    return [*lines, f"{count(found.linked + found.copied, 'image')} sorted into {found.folder} ({how})."]


def _put(photographs: Photographs, sample_id: str, target: Path, *, copy: bool) -> bool:
    """Whether it is a link."""
    file = photographs.source.file(sample_id)
    if file is not None:
        return link_or_copy(file, target, copy=copy)
    target.write_bytes(photographs.source.read(sample_id))
    return False
