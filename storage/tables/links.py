"""One person on several channels: the code that links them, and what is needed to undo it."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from outreach.contacts.links import LinkState
from storage.tables.base import AUTO, id_column, metadata, one_of
from storage.types import Id, Json, Sealed, UtcDateTime

# Ten minutes long: who asked for the code, where it was typed, and who has confirmed.
link_code = Table(
    "link_code",
    metadata,
    id_column(),
    Column("code_mac", LargeBinary, nullable=False, index=True),
    Column("contact_id", Id, ForeignKey("contact.id"), nullable=False),
    Column("address_id", Id, ForeignKey("address.id", ondelete="CASCADE"), nullable=False),
    Column("target", Sealed("link_code.target")),  # the address that typed it; it may be nobody's yet
    Column("target_mac", LargeBinary, index=True),
    Column("state", String(10), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    one_of("state", LinkState),
    **AUTO,
)

# Wrong codes typed from one address.
link_try = Table(
    "link_try",
    metadata,
    Column("address_mac", LargeBinary, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False, index=True),
)

# `kept` speaks for both from now on. `snapshot` is what goes back to `joined` when the link is undone: ids and times, no words.
link = Table(
    "link",
    metadata,
    id_column(),
    Column("kept_id", Id, ForeignKey("contact.id"), nullable=False),
    Column("joined_id", Id, ForeignKey("contact.id"), nullable=False),
    Column("address_id", Id, ForeignKey("address.id", ondelete="SET NULL")),
    Column("snapshot", Json, nullable=False),
    Column("linked_at", UtcDateTime, nullable=False),
    Column("undone_at", UtcDateTime),
    Index("ix_link_kept_id", "kept_id"),
    Index("ix_link_joined_id", "joined_id"),
    **AUTO,
)
