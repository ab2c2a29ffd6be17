"""What Streamlit's messages to a browser tell about sessions and files, for `tlcore.hosting.web.own_files`."""

import re
from collections.abc import Iterator

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tlcore.hosting.web.own_files import MEDIA, Sent
from ui.hosting.messages import to_browser

_ADDRESSES = {"url", "image", "icon_image", "favicon", "avatar"}
"""Fields in which Streamlit puts the address of a file. No page puts a visitor's text there."""
_FILE = re.compile(r"[\w/.-]*" + re.escape(MEDIA) + r"([0-9a-f]{16,128}(?:\.\w{1,20})?)", re.ASCII)


def read_sent(data: bytes) -> Sent:
    """The session that a message begins, and the files that it shows or offers."""
    message = to_browser(data)
    if message is None:
        return Sent()
    session = message.new_session.initialize.session_id if message.HasField("new_session") else ""
    return Sent(session or None, tuple(_files(message)))


def _files(message: Message) -> Iterator[str]:
    for field, value in message.ListFields():
        values = value if isinstance(value, (list, tuple)) or hasattr(value, "append") else [value]
        if field.type == FieldDescriptor.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for inner in values:
                yield from _files(inner)
        elif field.type == FieldDescriptor.TYPE_STRING and field.name in _ADDRESSES:
            yield from (found[1] for text in values if (found := _FILE.fullmatch(text)))
