"""Units, who acts for them, what was done, and who holds a lane."""

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from outreach.officers import InvitationState, Role
from storage.tables.base import AUTO, id_column, metadata, one_of, refers_to
from storage.types import Id, Json, UtcDateTime

unit = Table(
    "unit",
    metadata,
    id_column(),
    Column("code", String(120), nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("name", String(200), nullable=False),
    Column("level", String(20), nullable=False),  # province, commune, school, agency, elsewhere
    Column("sort_key", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    **AUTO,
)

unit_successor = Table(
    "unit_successor",
    metadata,
    Column("unit_id", Id, ForeignKey("unit.id"), primary_key=True),
    Column("successor_id", Id, ForeignKey("unit.id"), primary_key=True),
    Column("share", String(10), nullable=False),
)

officer = Table(
    "officer",
    metadata,
    id_column(),
    refers_to("contact"),
    Column("role", String(10), nullable=False),
    refers_to("unit", null=True),
    Column("granted_by", Id, ForeignKey("officer.id")),
    Column("granted_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    one_of("role", Role),
    # One office at a time.
    Index(
        "uq_officer_contact_id",
        "contact_id",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    **AUTO,
)

invitation = Table(
    "invitation",
    metadata,
    id_column(),
    Column("token_mac", LargeBinary, nullable=False, unique=True),
    Column("role", String(10), nullable=False),
    refers_to("unit", null=True),
    Column("inviter_id", Id, ForeignKey("officer.id")),
    Column("state", String(10), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("hand_over", Boolean, nullable=False, server_default="0"),
    Column("tapped_by", Id, ForeignKey("contact.id")),
    Column("changed_at", UtcDateTime),
    one_of("role", Role),
    one_of("state", InvitationState),
    **AUTO,
)

audit = Table(
    "audit",
    metadata,
    id_column(),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(20), nullable=False),  # officer, person, system
    Column("actor_id", Id),
    Column("action", String(40), nullable=False),
    Column("subject", String(60), nullable=False, server_default=""),
    Column("data", Json, nullable=False),
    Index("ix_audit_subject", "subject"),
    **AUTO,
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("holder", String(80), nullable=False),
    Column("beat", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("learned_rate", Float),
)
