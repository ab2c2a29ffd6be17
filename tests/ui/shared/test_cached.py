"""The dataset of the pages: an edit shows at once, from any process, and the files are not read again for it."""

import pytest
import streamlit as st

from tlcore.config import DataConfig
from tlcore.data.catalog import edits_path
from tlcore.data.edits import open_edits
from ui.dataset.data import counts_of, look_at, samples_of
from ui.shared.cached import edits_version, forget_datasets, open_data, open_dataset


@pytest.fixture(autouse=True)
def _nothing_is_cached():
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def source(colours) -> str:
    return str(colours)


def test_an_edit_shows_at_the_next_call_everywhere(source):
    assert len(open_dataset(source).samples) == len(samples_of(source)) == 74
    before = counts_of(source)["images"].tolist()
    open_edits(source, open_dataset(source)).relabel(["train/blue/000.png"], "green")
    open_edits(source, open_dataset(source)).exclude(["train/blue/001.png"])
    assert edits_version(source) == 2
    assert len(open_dataset(source).samples) == len(samples_of(source)) == 73
    assert counts_of(source)["images"].tolist() == [before[0] - 2, before[1] + 1, *before[2:]]
    look = look_at(source)
    assert look.finished.wait(60)
    assert len(look.report.table) == 73
    open_edits(source).discard_all()
    assert len(open_dataset(source).samples) == len(samples_of(source)) == 74


def test_an_edit_costs_no_look_at_the_files(source, colours):
    assert len(open_dataset(source).samples) == 74
    (colours / "train/blue/020.png").unlink()
    open_edits(source, open_dataset(source)).exclude(["train/blue/001.png"])
    assert len(open_dataset(source).samples) == 73  # the missing file is noticed later
    forget_datasets()
    assert len(open_dataset(source).samples) == 72


def test_settings_that_name_a_number_of_edits_keep_to_it(source):
    open_edits(source).exclude(["train/blue/001.png"])
    assert len(open_data(DataConfig(source=source)).samples) == 73
    assert len(open_data(DataConfig(source=source, edits=0)).samples) == 74


def test_a_log_that_cannot_be_read_is_said_when_the_dataset_is_opened(source):
    from tlcore.errors import RecordError

    edits_path(source).mkdir(parents=True)
    assert edits_version(source) == -1
    with pytest.raises(RecordError, match="is not a log of edits"):
        open_data(DataConfig(source=source))
