"""What a browser may send to Streamlit, and what the log learns of it."""

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tlcore.hosting.web.page_log import Asked
from ui.hosting.messages import asked_for, is_end, may_pass


def message(**fields) -> bytes:
    return BackMsg(**fields).SerializeToString()


def rerun(used: str = "", **fields) -> bytes:
    asked = BackMsg()
    asked.rerun_script.context_info.url = "https://lab.example/train?dataset=mine#top"
    asked.rerun_script.widget_states.widgets.add(id="$$ID-0a1b-train_epochs", int_value=3)
    if used:
        asked.rerun_script.widget_states.widgets.add(id=f"$$ID-0a1b-{used}", trigger_value=True)
    for name, value in fields.items():
        setattr(asked.rerun_script, name, value)
    return asked.SerializeToString()


@pytest.mark.parametrize(
    "data",
    [
        message(clear_cache=True),
        message(load_git_info=True),
        message(set_run_on_save=True),
        message(debug_shutdown_runtime=True),
        message(backend_operation_request={"install_skills": {}}),
        message(),
    ],
)
def test_what_no_page_needs_does_not_pass(data):
    assert not may_pass(data)


@pytest.mark.parametrize(
    "data",
    [
        rerun(),
        message(stop_script=True),
        message(app_heartbeat=True),
        message(file_urls_request={"request_id": "1"}),
        message(backend_operation_request={"deferred_file": {}}),
        message(backend_operation_request={"dataframe_chunk": {}}),
        b"\xff no message: Streamlit closes the connection",
    ],
)
def test_what_pages_need_passes(data):
    assert may_pass(data)


def test_the_log_learns_the_page_and_the_button_and_nothing_of_the_address():
    assert asked_for(rerun()) == Asked("train", None)
    assert asked_for(rerun("train_start-now")) == Asked("train", "train_start-now")
    assert asked_for(rerun(is_auto_rerun=True)) == Asked("train", None, by_itself=True)
    assert asked_for(message(app_heartbeat=True)) is None
    assert asked_for(b"\xff") is None


def test_a_page_is_drawn_when_its_script_has_ended():
    assert is_end(ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY).SerializeToString())
    assert is_end(ForwardMsg(script_finished=ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY).SerializeToString())
    assert not is_end(ForwardMsg(script_finished=ForwardMsg.FINISHED_EARLY_FOR_RERUN).SerializeToString())
    assert not is_end(ForwardMsg(heartbeat_ack=True).SerializeToString())
    assert not is_end(b"\xff")
