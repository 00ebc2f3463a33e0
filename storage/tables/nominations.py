"""Nominations, their answers, the evidence files they and declarations carry."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from outreach.evidence import EvidenceKind, EvidenceState
from outreach.nominations.model import NominationState, NomineeConsent
from storage.tables.base import AUTO, id_column, metadata, one_of, refers_to
from storage.types import Id, Sealed, UtcDateTime

nomination = Table(
    "nomination",
    metadata,
    id_column(),
    Column("code", String(20), unique=True),  # given when it is sent
    Column("call", String(40), nullable=False, server_default=""),
    Column("state", String(20), nullable=False, index=True),
    Column("consent", String(20), nullable=False),
    Column("for_self", Boolean, nullable=False, server_default="0"),
    Column("nominator_id", Id, ForeignKey("contact.id")),
    Column("nominee_id", Id, ForeignKey("contact.id"), index=True),
    Column("link_mac", LargeBinary, unique=True),  # of the code that the nominee opens
    Column("link_code", Sealed("nomination.link_code")),  # the code itself, to be shown to the nominator again
    refers_to("unit", null=True),
    Column("field", String(40), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("reminded_at", UtcDateTime),
    Column("expires_at", UtcDateTime, index=True),
    one_of("state", NominationState),
    one_of("consent", NomineeConsent),
    Index("ix_nomination_nominator_id_state", "nominator_id", "state"),
    **AUTO,
)

# The last number given in a year: LS-2026-000123.
nomination_number = Table(
    "nomination_number",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

nomination_answer = Table(
    "nomination_answer",
    metadata,
    Column("nomination_id", Id, ForeignKey("nomination.id", ondelete="CASCADE"), primary_key=True),
    Column("question", String(40), primary_key=True),
    Column("value", Sealed("nomination_answer.value"), nullable=False),
    Column("answered_at", UtcDateTime, nullable=False),
)

nomination_event = Table(
    "nomination_event",
    metadata,
    id_column(),
    Column("nomination_id", Id, ForeignKey("nomination.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("state", String(20), nullable=False),
    Column("by_officer_id", Id, ForeignKey("officer.id")),
    Column("word", Sealed("nomination_event.word")),
    one_of("state", NominationState),
    **AUTO,
)

evidence = Table(
    "evidence",
    metadata,
    id_column(),
    Column("nomination_id", Id, ForeignKey("nomination.id", ondelete="CASCADE"), index=True),
    Column("contact_id", Id, ForeignKey("contact.id")),  # who sent it, until she is erased
    Column("account_id", Id, ForeignKey("account.id")),
    Column("kind", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(40), nullable=False, server_default=""),
    Column("ref", Sealed("evidence.ref"), nullable=False),  # the channel's file, or the link itself
    Column("unique_mac", LargeBinary, nullable=False),  # of the channel's name for the content, or of the link
    Column("name", Sealed("evidence.name"), nullable=False),
    Column("media_type", String(80), nullable=False, server_default=""),
    Column("size", Integer, nullable=False, server_default="0"),  # bytes
    Column("content_hash", String(64), index=True),  # SHA-256, the file's name in the evidence folder
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", UtcDateTime),
    Column("added_at", UtcDateTime, nullable=False),
    UniqueConstraint("nomination_id", "unique_mac"),
    one_of("kind", EvidenceKind),
    one_of("state", EvidenceState),
    Index("ix_evidence_state_not_before", "state", "not_before"),
    **AUTO,
)

# Files whose rows were deleted: taken from the folder after the commit, unless another row has the same content.
evidence_doomed = Table(
    "evidence_doomed",
    metadata,
    Column("content_hash", String(64), primary_key=True),
)
