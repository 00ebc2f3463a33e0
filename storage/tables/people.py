"""People: the accounts they write to, their addresses, consents, conversations and what is promised to them."""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from outreach.contacts.model import Purpose, Rhythm, Subscription
from outreach.messaging import ChannelName
from storage.tables.base import AUTO, id_column, metadata, one_of, refers_to
from storage.types import Id, Json, Sealed, UtcDateTime

account = Table(
    "account",
    metadata,
    id_column(),
    Column("channel", String(20), nullable=False),
    Column("external_id", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("windowed", Boolean, nullable=False, server_default="0"),  # Capabilities.windowed, for statements over sets
    Column("send_api", String(4), nullable=False, server_default=""),  # which of two sending addresses works here
    UniqueConstraint("channel", "external_id"),
    one_of("channel", ChannelName),
    **AUTO,
)

seen_update = Table(
    "seen_update",
    metadata,
    Column("account_id", Id, ForeignKey("account.id"), primary_key=True),
    Column("update_id", String(64), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False, index=True),
)

contact = Table(
    "contact",
    metadata,
    id_column(),
    Column("subscription", String(10), nullable=False),
    Column("birth_year", Integer),
    refers_to("unit", null=True),
    Column("language", String(2), nullable=False, server_default="vi"),
    Column("paused_until", UtcDateTime),
    Column("rhythm", String(12), nullable=False, server_default=Rhythm.AS_IT_COMES),
    Column("muted_topics", Json, nullable=False, server_default="[]"),
    Column("source", String(64), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    one_of("subscription", Subscription),
    one_of("rhythm", Rhythm),
    Index("ix_contact_unit_id_subscription", "unit_id", "subscription"),
    **AUTO,
)

address = Table(
    "address",
    metadata,
    id_column(),
    refers_to("account"),
    Column("external_id", String(64), nullable=False),
    refers_to("contact"),
    Column("reachable", Boolean, nullable=False, server_default="1"),
    Column("unreachable_reason", String(40), nullable=False, server_default=""),
    Column("interacted_at", UtcDateTime),  # her own last word, to a quarter of an hour; it opens a windowed channel
    Column("staff_until", UtcDateTime),  # a human answers her from the account's console: the bot keeps quiet
    Column("told_withheld_on", Date),  # when she was last told that the messenger keeps her messages back
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("account_id", "external_id"),
    Index("ix_address_contact_id", "contact_id"),
    **AUTO,
)

consent = Table(
    "consent",
    metadata,
    id_column(),
    refers_to("contact"),
    refers_to("address", null=True, on_delete="SET NULL"),
    Column("purpose", String(10), nullable=False),
    Column("text_version", String(20), nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("message_ref", String(64), nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_how", String(40), nullable=False, server_default=""),
    one_of("purpose", Purpose),
    Index("ix_consent_contact_id_purpose", "contact_id", "purpose"),
    **AUTO,
)

# What stays of an erased person for a year: that consent was given and ended, readable only with the address in hand.
stop_proof = Table(
    "stop_proof",
    metadata,
    id_column(),
    Column("address_mac", LargeBinary, nullable=False, index=True),
    Column("purpose", String(10), nullable=False),
    Column("text_version", String(20), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("stopped_at", UtcDateTime, nullable=False),
    Column("purge_at", UtcDateTime, nullable=False, index=True),
    **AUTO,
)

draft = Table(
    "draft",
    metadata,
    Column("address_mac", LargeBinary, primary_key=True),
    Column("flow", String(20), nullable=False),
    Column("step", String(20), nullable=False),
    Column("source", String(64), nullable=False, server_default=""),
    Column("choices", Json, nullable=False, server_default="{}"),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

dialogue = Table(
    "dialogue",
    metadata,
    Column("contact_id", Id, ForeignKey("contact.id"), primary_key=True, autoincrement=False),
    Column("flow", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("step", String(40), nullable=False),
    Column("subject_id", Id),
    Column("data", Json, nullable=False),
    Column("choices", Json, nullable=False),
    Column("misunderstood", Integer, nullable=False, server_default="0"),
    Column("started_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime, nullable=False, index=True),
    Column("reminded_at", UtcDateTime),
    Column("address_id", Id),  # no key of its own: the address may be erased before the row is
)

# What a notice offered; a table of its own, so that no turn of its person is disturbed by somebody else's.
offer = Table(
    "offer",
    metadata,
    Column("contact_id", Id, ForeignKey("contact.id"), primary_key=True, autoincrement=False),
    Column("choices", Json, nullable=False),
    Column("offered_at", UtcDateTime, nullable=False, index=True),
    Column("address_id", Id),  # as above
)

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    refers_to("address", on_delete="CASCADE"),
    Column("reply", Sealed("outbox.reply"), nullable=False),
    Column("held", Boolean, nullable=False, server_default="0"),  # her window is closed: it waits for her next word
    Column("created_at", UtcDateTime, nullable=False, index=True),
    **AUTO,
)

message_slot = Table(
    "message_slot",
    metadata,
    Column("contact_id", Id, ForeignKey("contact.id"), primary_key=True, autoincrement=False),
    Column("slot", String(60), primary_key=True),
    Column("ref", String(64), nullable=False),
)

question = Table(
    "question",
    metadata,
    id_column(),
    refers_to("contact"),
    refers_to("unit", null=True),
    Column("text", Sealed("question.text"), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("answer", Sealed("question.answer")),
    Column("answered_by", Id, ForeignKey("officer.id")),
    Column("answered_at", UtcDateTime),
    Index("ix_question_contact_id_answered_at", "contact_id", "answered_at"),
    **AUTO,
)

# Taken from a channel that has to be answered sooner than a slow turn ends; gone once the turn is committed.
inbox = Table(
    "inbox",
    metadata,
    id_column(),
    refers_to("account"),
    Column("update_id", String(64), nullable=False),
    Column("address_mac", LargeBinary, nullable=False),  # to find what a person has to be rid of: the body is sealed
    Column("body", Sealed("inbox.body"), nullable=False),
    Column("received_at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("account_id", "update_id"),
    **AUTO,
)
