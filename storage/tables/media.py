"""Pictures and files that officers send along, the names accounts know them by, and answers to a campaign's question."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from outreach.campaigns.ports.media import MediaState
from outreach.messaging import AttachmentKind
from storage.tables.base import AUTO, id_column, metadata, one_of, refers_to
from storage.types import Id, UtcDateTime

# The content lies in a sealed file under its hash; until then `ref` says where it is fetched.
media = Table(
    "media",
    metadata,
    id_column(),
    refers_to("campaign"),
    refers_to("account"),
    Column("created_by", Id, ForeignKey("officer.id"), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(40), nullable=False, server_default=""),
    Column("ref", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", String(80), nullable=False, server_default=""),
    Column("size", Integer, nullable=False, server_default="0"),
    Column("content_hash", String(64)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime),
    Column("added_at", UtcDateTime, nullable=False),
    one_of("kind", AttachmentKind),
    one_of("state", MediaState),
    Index(
        "ix_media_due_at",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    **AUTO,
)

# One upload an account: from then on it sends the file by this name. One that is forgotten there is uploaded again.
media_ref = Table(
    "media_ref",
    metadata,
    Column("media_id", Id, ForeignKey(media.c.id), primary_key=True, autoincrement=False),
    Column("account_id", Id, ForeignKey("account.id"), primary_key=True, autoincrement=False),
    Column("ref", Text, nullable=False),
)

# The first answer stays. Of somebody who is erased it stays without her.
campaign_answer = Table(
    "campaign_answer",
    metadata,
    id_column(),
    refers_to("campaign"),
    refers_to("contact", null=True),
    Column("option", Integer, nullable=False),
    Column("answered_at", UtcDateTime, nullable=False),
    UniqueConstraint("campaign_id", "contact_id"),
    Index("ix_campaign_answer_contact_id", "contact_id"),
    **AUTO,
)
