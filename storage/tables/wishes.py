"""Files that a conversation waits for: fetched after the turn's commit, gone once it goes on."""

from sqlalchemy import Column, Integer, String, Table

from storage.tables.base import AUTO, id_column, metadata, refers_to
from storage.types import Sealed, UtcDateTime

file_wish = Table(
    "file_wish",
    metadata,
    id_column(),
    refers_to("contact"),
    refers_to("account"),
    Column("flow", String(20), nullable=False),
    Column("ref", Sealed("file_wish.ref"), nullable=False),
    Column("name", Sealed("file_wish.name"), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    **AUTO,
)
