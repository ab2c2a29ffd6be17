"""Uploaded files leave the server's memory when they are stored, or when their widget is gone for a while."""

from types import SimpleNamespace

import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile, UploadedFileRec

from ui.shared import uploads
from ui.shared.uploads import all_still_here, forget_unused_uploads, forget_uploads, still_here


@pytest.fixture
def manager(monkeypatch) -> MemoryUploadedFileManager:
    manager = MemoryUploadedFileManager("/upload")
    context = SimpleNamespace(session_id="mine", uploaded_file_mgr=manager)
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda suppress_warning: context)
    return manager


@pytest.fixture
def session(monkeypatch) -> dict:
    session: dict = {}
    monkeypatch.setattr(uploads.st, "session_state", session)
    return session


@pytest.fixture
def now(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(uploads.time, "monotonic", lambda: clock.now)
    return clock


def upload(manager, name: str, session: str = "mine") -> UploadedFile:
    record = UploadedFileRec(name, name, "image/png", b"x")
    manager.add_file(session, record)
    return UploadedFile(record, FileURLs())


def held(manager, session: str = "mine") -> set[str]:
    return set(manager.file_storage.get(session, {}))


def test_a_stored_file_is_let_go(manager):
    stored, other = upload(manager, "a"), upload(manager, "b")
    upload(manager, "a", "anothers")
    forget_uploads([stored, "no upload"])
    assert held(manager) == {other.file_id}
    assert held(manager, "anothers") == {"a"}


def test_a_file_without_widget_is_let_go_after_a_while(manager, session, now):
    session["widget"] = [upload(manager, "shown")]
    session["other"] = upload(manager, "alone")
    upload(manager, "left")
    forget_unused_uploads()
    now.now = uploads.UNUSED_S - 1
    forget_unused_uploads()
    assert held(manager) == {"shown", "alone", "left"}
    now.now = uploads.UNUSED_S
    forget_unused_uploads()
    assert held(manager) == {"shown", "alone"}


def test_while_files_of_a_choice_come_in_none_is_let_go(manager, session, now):
    upload(manager, "first")
    forget_unused_uploads()
    now.now = 100.0
    upload(manager, "second")
    forget_unused_uploads()
    now.now = 210.0
    forget_unused_uploads()
    assert held(manager) == {"first", "second"}
    now.now = 220.0
    forget_unused_uploads()
    assert held(manager) == set()


def test_a_file_that_was_let_go_is_none_though_its_widget_remembers_it():
    gone = DeletedFile("1")
    assert still_here(gone) is None
    assert still_here(None) is None
    assert still_here("a file") == "a file"
    assert all_still_here(["a", gone, "b"]) == ["a", "b"]
