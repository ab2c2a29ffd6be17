"""Hostile archives and tables of visitors: refused in words or taken as they are; nothing leaves the space."""

import io
import os
from pathlib import Path

import pytest

from tests.support import hostile
from tlcore.data.intake.upload import stage_archive, stage_table
from tlcore.errors import TlcoreError
from tlcore.hosting.spaces.visitors import new_visitor, space_of
from tlcore.system.drive import drive
from tlcore.system.failures import without_paths
from tlcore.system.home import in_space


def tree(root: Path, without: Path) -> set[str]:
    return {
        os.path.join(folder, name)
        for folder, folders, files in os.walk(root)
        for name in [*folders, *files]
        if not Path(folder, name).is_relative_to(without)
    }


@pytest.mark.parametrize(("how", "some_are_taken"), [("archives", True), ("tables", True), ("images", False)])
def test_nothing_of_an_upload_leaves_the_space(how, some_are_taken, home, tmp_path):
    space = space_of(new_visitor())
    space.home.mkdir(parents=True)
    before = tree(tmp_path, space.home)
    told, taken = {}, 0
    with in_space(space):
        for kind, content in getattr(hostile, how)():
            if how == "archives":
                work = stage_archive(io.BytesIO(content), f"{kind} **b17**")
            else:
                table = content if how == "tables" else b"path,label\n0.png,ants\n1.png,bees\n"
                pixels = [hostile.png(8 + number) if how == "tables" else content for number in range(8)]
                files = [(f"{number}.png", io.BytesIO(each)) for number, each in enumerate(pixels)]
                work = stage_table((f"{kind}.csv", io.BytesIO(table)), files, kind)
            try:
                staged = drive(work, lambda told: None)
            except TlcoreError as error:
                told[kind] = without_paths(str(error))
            else:
                assert not any(path.is_symlink() for path in space.home.rglob("*")), kind
                staged.discard()
                taken += 1
    assert tree(tmp_path, space.home) - before <= {str(home / name) for name in ("usage", "usage/disk.json")}
    assert bool(taken) == some_are_taken
    assert told
    assert not [text for text in told.values() if str(home) in text]
