"""The look at every image of a dataset, beside its page."""

import pytest

from tlcore.config import DataConfig
from tlcore.data.catalog import open_dataset
from tlcore.data.pixels import digests
from ui.dataset.data import ScanJob


@pytest.mark.usefixtures("home")
def test_after_a_look_the_first_edit_reads_no_file(make_images, monkeypatch):
    monkeypatch.setattr(digests, "RACY_NS", -(10**12))  # files written just now count as old
    dataset = open_dataset(DataConfig(source=str(make_images(train=3, val=2))))
    look = ScanJob(dataset)
    look.run()
    assert look.finished.is_set()
    assert look.report is not None
    read = []
    monkeypatch.setattr(digests, "_read", lambda path: read.append(path) or (None, digests.MISSING))
    assert digests.MISSING not in dataset.source.digests([sample.id for sample in dataset.samples])
    assert read == []
