"""Every table. Instants are UtcDateTime, states are strings with named CHECKs, free text about people is Sealed."""

from storage.tables.base import metadata
from storage.tables.links import link, link_code, link_try
from storage.tables.nominations import (
    evidence,
    evidence_doomed,
    nomination,
    nomination_answer,
    nomination_event,
    nomination_number,
)
from storage.tables.people import (
    account,
    address,
    consent,
    contact,
    dialogue,
    draft,
    inbox,
    message_slot,
    offer,
    outbox,
    question,
    seen_update,
    stop_proof,
)
from storage.tables.reach import (
    declaration,
    denominator,
    period,
    reach_erased,
    reach_person,
    reach_unit,
)
from storage.tables.sending import broadcast, campaign, delivery, lane_halt, news_item, poster, spending
from storage.tables.tokens import oauth_token
from storage.tables.units import audit, invitation, lease, officer, unit, unit_successor
from storage.tables.wishes import file_wish

__all__ = [
    "account",
    "address",
    "audit",
    "broadcast",
    "campaign",
    "consent",
    "contact",
    "declaration",
    "delivery",
    "denominator",
    "dialogue",
    "draft",
    "evidence",
    "evidence_doomed",
    "file_wish",
    "inbox",
    "invitation",
    "lane_halt",
    "lease",
    "link",
    "link_code",
    "link_try",
    "message_slot",
    "metadata",
    "news_item",
    "nomination",
    "nomination_answer",
    "nomination_event",
    "nomination_number",
    "oauth_token",
    "offer",
    "officer",
    "outbox",
    "period",
    "poster",
    "question",
    "reach_erased",
    "reach_person",
    "reach_unit",
    "seen_update",
    "spending",
    "stop_proof",
    "unit",
    "unit_successor",
]
