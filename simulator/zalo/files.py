"""Where a file of a Zalo chat can be fetched."""

from urllib.parse import quote

from simulator.files import StoredFile


def file_url(stored: StoredFile) -> str:
    return f"/sim/files/{stored.file_id}/{quote(stored.name)}"
