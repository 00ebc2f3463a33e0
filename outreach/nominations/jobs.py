"""What the clock does with nominations: recall an unfinished one once, delete what is past its time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from outreach.clock import VIETNAM
from outreach.messaging import ContactId
from outreach.nominations.model import NominationState, NomineeConsent
from outreach.officers import Actor, check_system
from outreach.pack import Pack
from outreach.transaction import Transaction

_AT_ONCE = 100


class Told(StrEnum):
    REMINDER = "reminder"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockNotice:
    """Something to tell a nominator; handlers/nominate.py puts it into words (`clock_notice`)."""

    contact_id: ContactId
    told: Told
    data: Mapping[str, str]


async def remind_drafts(actor: Actor, tx: Transaction, *, pack: Pack, now: datetime) -> list[ClockNotice]:
    """Each draft once, after the pack's hours of silence, and only in the hours in which messages may go."""
    check_system(actor)
    if not pack.sending.hours.covers(now.astimezone(VIETNAM).timetz()):
        return []
    before = now - timedelta(hours=pack.nomination.remind_after_hours)
    drafts = await tx.nomination_desk.due_for_reminder(before=before, limit=_AT_ONCE)
    if drafts:
        await tx.nomination_desk.mark_reminded([draft.nomination_id for draft in drafts], at=now)
    return [
        ClockNotice(
            contact_id=draft.nominator_id,
            told=Told.REMINDER,
            data={"nomination_id": str(draft.nomination_id), "answers": str(len(draft.answers))},
        )
        for draft in drafts
        if draft.nominator_id is not None
    ]


async def purge_expired(actor: Actor, tx: Transaction, *, pack: Pack, now: datetime) -> list[ClockNotice]:
    """Delete old drafts, and what is about nominees who have not said yes in time.

    A refusal lapses on the same day with the same words as silence. Effects: everything about the nominee goes, state, event.
    """
    check_system(actor)
    idle = await tx.nomination_desk.idle_drafts(before=now - timedelta(days=pack.nomination.draft_days), limit=_AT_ONCE)
    for nomination_id in idle:
        await tx.nominations.remove(nomination_id)
    notices = []
    for one in await tx.nomination_desk.unconfirmed(now=now, limit=_AT_ONCE):
        await tx.nominations.strip(one.nomination_id, keep=(), unlink=True, at=now)
        await tx.nominations.change(
            one.nomination_id, at=now, state=NominationState.LAPSED, consent=NomineeConsent.PENDING
        )
        await tx.nominations.add_event(one.nomination_id, state=NominationState.LAPSED, at=now)
        if one.nominator_id is not None and one.state != NominationState.UNSUITABLE:
            data = {"code": one.code, "field": one.field}
            notices.append(ClockNotice(contact_id=one.nominator_id, told=Told.LAPSED, data=data))
    return notices
