"""The record of twins is read once, and as soon as somebody has looked."""

from types import SimpleNamespace

import pytest
import streamlit as st

from tlcore.evaluation.twins import Twins
from ui.compare import twins as module


@pytest.fixture(autouse=True)
def _nothing_is_cached():
    st.cache_resource.clear()


def test_the_record_is_read_once_and_as_soon_as_it_is_there(monkeypatch):
    run = SimpleNamespace(path="runs/one", info=SimpleNamespace(dataset=SimpleNamespace(fingerprint="f")))
    answers = iter([None, Twins(ids=frozenset({"a.png"}))])
    monkeypatch.setattr(module, "load_twins", lambda run: next(answers))
    assert module.twins_of(run) is None
    assert module.twins_of(run).ids == module.twins_of(run).ids == {"a.png"}
