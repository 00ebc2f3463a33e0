"""Who was reached in which period, against which population, and what officers declare."""

from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from outreach.reach.model import AgeBand, Tier
from storage.tables.base import AUTO, id_column, metadata, one_of, refers_to
from storage.types import Id, UtcDateTime

period = Table(
    "period",
    metadata,
    id_column(),
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("first_on", Date, nullable=False),
    Column("last_on", Date, nullable=False),
    **AUTO,
)


# On SQLite the rows lie in the order of the key itself: a report that reads all of a period is over three times as fast. People
# stand before units, for a window of a campaign is people in the order of their ids, from everywhere: by units it would write
# two hundred pages more.
_BY_KEY: dict[str, Any] = {"sqlite_with_rowid": False}


def _evidence() -> list[Any]:
    return [
        Column("age_band", String(8), nullable=False),
        *(Column(f"{tier.value}_at", UtcDateTime) for tier in Tier),
        Column("turns", Integer, nullable=False, server_default="0"),
        one_of("age_band", AgeBand),
    ]


reach_unit = Table(
    "reach_unit",
    metadata,
    Column("period_id", Id, ForeignKey("period.id"), primary_key=True),
    Column("contact_id", Id, ForeignKey("contact.id"), primary_key=True),
    Column("unit_id", Id, ForeignKey("unit.id"), primary_key=True),
    *_evidence(),
    # As they were when she was last reached here; no channel: she is on several, and linked. A report finds doubles by them
    # without looking at contacts and addresses, which would cost ten times as much.
    Column("birth_year", Integer),
    Column("channel", String(20)),
    Index("ix_reach_unit_contact_id", "contact_id"),
    **_BY_KEY,
)

reach_person = Table(
    "reach_person",
    metadata,
    Column("period_id", Id, ForeignKey("period.id"), primary_key=True),
    Column("contact_id", Id, ForeignKey("contact.id"), primary_key=True),
    Column("inside", Boolean, nullable=False),  # lived in a unit of the province at one of the period's reaches
    Column("first_campaign_id", Id, ForeignKey("campaign.id")),
    *_evidence(),
    Index("ix_reach_person_contact_id", "contact_id"),
    **_BY_KEY,
)

# What stays of the reach of erased people: numbers without persons. unit_id is the province's own row for its distinct count.
reach_erased = Table(
    "reach_erased",
    metadata,
    Column("period_id", Id, ForeignKey("period.id"), primary_key=True),
    Column("unit_id", Id, ForeignKey("unit.id"), primary_key=True),
    Column("age_band", String(8), primary_key=True),
    Column("tier", String(2), primary_key=True),  # the highest the person had
    Column("people", Integer, nullable=False),
    Column("turns", Integer, nullable=False),
    one_of("age_band", AgeBand),
    one_of("tier", Tier),
)

denominator = Table(
    "denominator",
    metadata,
    id_column(),
    refers_to("unit"),
    Column("year", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("dated_on", Date, nullable=False),
    Column("entered_by", Id, ForeignKey("officer.id")),
    Column("entered_at", UtcDateTime, nullable=False),
    Column("superseded_at", UtcDateTime),
    CheckConstraint("count > 0", name="count"),
    Index("ix_denominator_year_unit_id", "year", "unit_id"),
    **AUTO,
)

declaration = Table(
    "declaration",
    metadata,
    id_column(),
    refers_to("unit"),
    Column("held_on", Date, nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("headcount", Integer, nullable=False),
    Column("evidence_id", Id, ForeignKey("evidence.id")),
    Column("declared_by", Id, ForeignKey("officer.id"), nullable=False),
    Column("declared_at", UtcDateTime, nullable=False),
    Column("withdrawn_by", Id, ForeignKey("officer.id")),
    Column("withdrawn_at", UtcDateTime),
    CheckConstraint("headcount > 0", name="headcount"),
    **AUTO,
)
