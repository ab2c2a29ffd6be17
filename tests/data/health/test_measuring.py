import os
import signal
import subprocess

import numpy as np
import psutil
import pytest

from tlcore.data.health import measuring
from tlcore.data.health.measures import measure
from tlcore.data.health.measuring import measure_all
from tlcore.data.pixels.sources import ArraySource, FileSource
from tlcore.errors import DataError


@pytest.fixture
def ids(put) -> list[str]:
    put("a", 40)
    return [f"a/{number}.png" for number in range(40)]


@pytest.fixture
def in_processes(monkeypatch):
    """Start the processes from the second image on."""
    monkeypatch.setattr(measuring, "ALONE_S", 1e-9)


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "tlcore.data.health.measuring" in child.cmdline()]


def digests(blocks) -> list[str]:
    return [digest for block in blocks for digest in block["digest"]]


def test_a_small_set_is_measured_without_processes(root, ids, monkeypatch):
    monkeypatch.setattr(measuring, "ALONE_S", 1e9)
    monkeypatch.setattr(subprocess, "Popen", None)
    source = FileSource(root)
    assert digests(measure_all(source, ids)) == measure(source, ids)["digest"]


@pytest.mark.usefixtures("in_processes")
def test_processes_measure_the_same_in_the_same_order_and_are_gone_after(root, ids):
    source = FileSource(root)
    assert digests(measure_all(source, ids)) == measure(source, ids)["digest"]
    assert not children()


@pytest.mark.usefixtures("in_processes")
def test_arrays_are_sent_to_the_processes():
    source = ArraySource({"a": np.random.default_rng(0).integers(0, 256, (30, 8, 8), dtype=np.uint8)})
    ids = [f"a/{number}" for number in range(30)]
    assert digests(measure_all(source, ids)) == measure(source, ids)["digest"]


@pytest.mark.usefixtures("in_processes")
def test_closing_ends_the_processes(root, ids):
    work = measure_all(FileSource(root), ids)
    for _ in range(3):
        next(work)
    assert children()
    work.close()
    assert not children()


@pytest.mark.usefixtures("in_processes")
def test_a_process_that_is_killed_is_an_error_that_says_where(root, ids):
    work = measure_all(FileSource(root), ids)
    next(work)
    next(work)
    for child in children():
        os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(DataError, match=r"was ended, somewhere from a/\d+\.png to a/\d+\.png"):
        list(work)
    assert not children()
