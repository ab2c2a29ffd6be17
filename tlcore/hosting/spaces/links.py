"""The links that a visitor gives out: each opens a run or a dataset of the visitor for whoever has it, to read.

What a link is, and what it opens for others, is `grants`.
"""

import secrets
import time
from contextlib import suppress
from pathlib import Path

from tlcore.data.intake.library import uploaded_folder
from tlcore.errors import NotAllowed
from tlcore.hosting.spaces.grants import Link, find_link, mark_of, number_of, shares_dir
from tlcore.runs.folder.run import Run
from tlcore.system.files import write_json
from tlcore.system.home import datasets_dir, home_dir, is_mine, runs_dir, space

MOST = 50
"""Links that a visitor has out at a time."""
_TOKEN_BYTES = 32


def can_be_shared(folder: Path) -> bool:
    """Whether a link to this folder of a run or a dataset can be made: in a visitor's space, for what is in it."""
    places = (runs_dir(), datasets_dir())
    return space().host is not None and folder.parent in places and is_mine(folder) and folder.is_dir()


def dataset_of(run: Run) -> Path | None:
    """The folder of the dataset of a run, if it is in the same space and its images are shown with the run."""
    return uploaded_folder(run.config.data.source)


def make_link(folder: Path) -> str:
    """A new link to a run, with its dataset if that is in the same space, or to a dataset. Returns its token, which is
    stored nowhere.

    Raises NotAllowed if the folder is not the visitor's, or too many links are out.
    """
    if not can_be_shared(folder):
        raise NotAllowed("Only your own runs and datasets can be shared by a link.")
    if len(list_links()) >= MOST:
        raise NotAllowed(f"You have {MOST} links out, which is the most. Take one back first.")
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    number = number_of(token)
    is_run = folder.parent == runs_dir()
    dataset = dataset_of(Run(folder)) if is_run else folder
    link = Link(
        kind="run" if is_run else "dataset",
        owner=home_dir().name,
        run=folder.name if is_run else "",
        dataset="" if dataset is None else dataset.name,
        created=time.time(),
    )
    for opened in link.folders:
        (opened / mark_of(number)).touch()
    write_json(shares_dir() / f"{number}.json", link.model_dump(mode="json"))
    return token


def list_links(folder: Path | None = None) -> dict[str, Link]:
    """The links of this visitor that are out, by their numbers, the newest first; those to one folder, if given."""
    mine = {number: link for number, link in all_links().items() if link.owner == home_dir().name}
    return {number: link for number, link in mine.items() if folder is None or link.folders[:1] == (folder,)}


def all_links() -> dict[str, Link]:
    """The links of all visitors, the newest first."""
    found = {}
    with suppress(FileNotFoundError):
        for path in shares_dir().iterdir():
            if path.suffix == ".json" and (link := find_link(path.stem)) is not None:
                found[path.stem] = link
    return dict(sorted(found.items(), key=lambda item: item[1].created, reverse=True))


def take_back(number: str) -> None:
    """From now on a link opens nothing. Nothing happens if it is gone.

    Raises NotAllowed if it is another visitor's. The host may take back all links.
    """
    link = find_link(number)
    if link is None:
        return
    if space().host is not None and link.owner != home_dir().name:
        raise NotAllowed("This link is not yours.")
    (shares_dir() / f"{number}.json").unlink(missing_ok=True)
    for folder in link.folders:
        with suppress(OSError):
            (folder / mark_of(number)).unlink(missing_ok=True)
