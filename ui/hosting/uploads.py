"""What Streamlit holds of uploaded files in the server's memory."""

from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from tlcore.hosting.web.uploads import Files


def held(session_id: str) -> Files:
    """The files of a session that are in memory."""
    manager = runtime.get_instance().uploaded_file_mgr if runtime.exists() else None
    if not isinstance(manager, MemoryUploadedFileManager):
        return Files()
    files = list(manager.file_storage.get(session_id, {}).values())
    return Files(len(files), sum(len(file.data) for file in files))
