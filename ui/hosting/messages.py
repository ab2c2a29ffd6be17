"""Streamlit's messages between browser and server, as far as a hosted dashboard looks into them.

Streamlit lets any browser empty the caches of all visitors, ask for the repository's state, and install files on the
server. No page here needs that, so such messages are dropped.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tlcore.hosting.web.page_log import Asked

_PASSING = {"rerun_script", "stop_script", "file_urls_request", "app_heartbeat"}
_OPERATIONS = {"deferred_file", "dataframe_chunk"}
"""What a browser may ask besides: a download that is made when it is clicked, and more rows of a table."""


def may_pass(data: bytes) -> bool:
    """Whether a message of a browser reaches Streamlit. It itself closes the connection for what is no message."""
    message = _parsed(data)
    if message is None:
        return True
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in _OPERATIONS
    return kind in _PASSING


def asked_for(data: bytes) -> Asked | None:
    """Which page a message asks to be run, and what was used for it; None for other messages."""
    message = _parsed(data)
    if message is None or message.WhichOneof("type") != "rerun_script":
        return None
    asked = message.rerun_script
    page = urlsplit(asked.context_info.url[:2_000]).path.rpartition("/")[2] if asked.context_info.url else ""
    return Asked(page or "overview", _used(asked), by_itself=asked.is_auto_rerun)


def is_end(data: bytes) -> bool:
    """Whether a message to the browser says that its page is drawn."""
    message = to_browser(data)
    return (
        message is not None
        and message.WhichOneof("type") == "script_finished"
        and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
    )


@lru_cache(maxsize=1)  # the same message is asked about twice, and one with a chart is large
def to_browser(data: bytes) -> ForwardMsg | None:
    """A message to the browser; None for what is no message. Shared: do not change it."""
    message = ForwardMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    return message


def _used(asked: ClientState) -> str | None:
    """The key of the button that was pressed, or of the component's part that was clicked."""
    for state in asked.widget_states.widgets:
        if state.trigger_value or state.HasField("json_trigger_value"):
            return str(state.id).split("-", 2)[-1]  # `$$ID-<digest>-<key>`
    return None


@lru_cache(maxsize=1)  # the same message is asked about twice
def _parsed(data: bytes) -> BackMsg | None:
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    return message
