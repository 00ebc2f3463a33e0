"""A second officer looks at a large campaign before it goes; her word is bound to what she was shown."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from outreach.campaigns.compose import send_campaign
from outreach.campaigns.control import campaign_for
from outreach.campaigns.digest import digest_still
from outreach.campaigns.estimate import starts_at as begins_at
from outreach.campaigns.limits import limits_at
from outreach.campaigns.model import Campaign, CampaignState
from outreach.campaigns.ports.approvals import Approval, ApprovalId, Verdict
from outreach.campaigns.rules import GRACE
from outreach.errors import InvalidAnswerError, NotFoundError, PermissionDeniedError, StateError
from outreach.messaging import CampaignId, ContactId
from outreach.officers import Action, Actor, Officer, Role, check_system, may_act
from outreach.pack import Pack, Span, WeeklyHour
from outreach.text import mask_numbers
from outreach.transaction import Transaction

PATIENCE = timedelta(hours=2)  # of open office, before a reminder, and again before the next is asked
SHORTEST_REASON = 10  # characters
LONGEST_REASON = 500
_NEVER = {"expires_before", "already_sending"}  # why what was asked about can go no more as it is
_EXAMPLES = 3
_ENOUGH = 5_000  # people among whom the examples are looked for


def fingerprint(campaign: Campaign, *, starts_at: datetime | None) -> str:
    """SHA-256 of what, to whom, how and when: a word that was given for it holds for nothing else."""
    said = [
        asdict(campaign.content),
        asdict(campaign.audience),
        asdict(campaign.plan),
        campaign.kind,
        campaign.on_unknown,
        starts_at,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _officer(actor: Actor) -> Officer:
    if not isinstance(actor, Officer):
        raise PermissionDeniedError
    return actor


def _still_stands(approval: Approval, campaign: Campaign) -> bool:
    asked_about = fingerprint(campaign, starts_at=approval.starts_at)
    return campaign.state == CampaignState.DRAFT and asked_about == approval.fingerprint


def _expires_first(campaign: Campaign, *, starts_at: datetime | None, at: datetime) -> bool:
    expires_at = campaign.plan.expires_at
    return expires_at is not None and expires_at <= max(at + GRACE, starts_at or at)


def _turn_of(officer: Officer) -> tuple[bool, int]:
    """The scope's own officers are asked first, then the province's."""
    return officer.unit_id is None, officer.officer_id


async def _able(tx: Transaction, campaign: Campaign, *, other_than: ContactId) -> list[Officer]:
    """Who may give the second word, in the order in which they are asked. One person is one, however many phones she has."""
    return sorted(
        (
            officer
            for officer in await tx.officers.list_active()
            if officer.contact_id != other_than
            and may_act(officer, action=Action.SEND, unit_id=campaign.unit_id) is None
        ),
        key=_turn_of,
    )


async def needs_approval(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, people: int, above: int) -> bool:
    """Whether a second officer is asked: for more than `above` people (0: never), and where there is another who may send there."""
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    if not 0 < above < people:
        return False
    return bool(await _able(tx, campaign, other_than=_officer(actor).contact_id))


async def ask_approval(
    actor: Actor, *, tx: Transaction, campaign_id: CampaignId, people: int, starts_at: datetime | None, at: datetime
) -> Approval:
    """The order waits for a second officer's word; the campaign stays a draft. Asking the same twice is asking once.

    Effects: an earlier question about the campaign is dropped, approval, audit. Raises NotFoundError where nobody can be asked,
    StateError("expires_before").
    """
    officer = _officer(actor)
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    if _expires_first(campaign, starts_at=starts_at, at=at):
        raise StateError("expires_before")
    before = await tx.approvals.hold(campaign_id)
    wanted = fingerprint(campaign, starts_at=starts_at)
    if before and before.verdict == Verdict.OPEN:
        if before.fingerprint == wanted:
            return before
        await tx.approvals.settle(before.approval_id, verdict=Verdict.DROPPED, by=officer.officer_id, at=at)
    able = await _able(tx, campaign, other_than=officer.contact_id)
    if not able:
        raise NotFoundError
    made = await tx.approvals.add(
        campaign,
        fingerprint=wanted,
        people=people,
        starts_at=starts_at,
        asked_by=officer.officer_id,
        asked_of=able[0].officer_id,
        at=at,
    )
    await tx.audit.record(actor, at=at, action="campaign.ask_approval", subject=f"campaign:{campaign_id}")
    return made


async def approval_for(actor: Actor, *, tx: Transaction, approval_id: ApprovalId) -> tuple[Approval, Campaign]:
    """The question with its campaign, for whoever may send there. Raises NotFoundError, PermissionDeniedError."""
    approval = await tx.approvals.get(approval_id)
    if approval is None:
        raise NotFoundError
    return approval, await campaign_for(actor, tx=tx, campaign_id=approval.campaign_id)


async def approval_of(actor: Actor, *, tx: Transaction, campaign_id: CampaignId) -> Approval | None:
    """The newest question about a campaign, for its officer and for its report."""
    await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    return await tx.approvals.newest(campaign_id)


async def may_decide(actor: Actor, *, tx: Transaction, approval: Approval) -> bool:
    """Whether this officer can give the second word: never who asked for it herself, on whatever phone."""
    campaign = await campaign_for(actor, tx=tx, campaign_id=approval.campaign_id)
    asked_by = await tx.approvals.officer(approval.asked_by)
    return _officer(actor).officer_id in {
        one.officer_id for one in await _able(tx, campaign, other_than=asked_by.contact_id)
    }


async def waiting_approvals(actor: Actor, *, tx: Transaction) -> tuple[list[Approval], list[Approval]]:
    """The open questions: those she asked, and those she can answer; the oldest first."""
    officer = _officer(actor)
    own: list[Approval] = []
    others: list[Approval] = []
    for approval in await tx.approvals.open():
        campaign = await tx.campaigns.get(approval.campaign_id)
        if campaign and may_act(actor, action=Action.SEND, unit_id=campaign.unit_id) is None:
            asked_by = await tx.approvals.officer(approval.asked_by)
            (own if asked_by.contact_id == officer.contact_id else others).append(approval)
    return own, others


async def example_contacts(
    actor: Actor, *, tx: Transaction, campaign: Campaign, people: int, pack: Pack, at: datetime
) -> list[ContactId]:
    """Three of the `people` who would get it at `at`, as different as the audience is. Of very many only a part is looked at."""
    await campaign_for(actor, tx=tx, campaign_id=campaign.campaign_id)
    limits = await limits_at(tx, pack=pack, at=at)
    one_in = max(1, people // _ENOUGH)
    return await tx.approvals.examples(campaign.audience, limits=limits, at=at, one_in=one_in, count=_EXAMPLES)


async def _held(actor: Actor, tx: Transaction, approval_id: ApprovalId) -> tuple[Approval, Campaign]:
    """The question as it stands, for this transaction alone."""
    found, campaign = await approval_for(actor, tx=tx, approval_id=approval_id)
    newest = await tx.approvals.hold(found.campaign_id)
    again = await tx.campaigns.get(found.campaign_id)  # it may have been waited for
    return newest if newest and newest.approval_id == approval_id else found, again or campaign


async def approve(
    actor: Actor,
    *,
    tx: Transaction,
    approval_id: ApprovalId,
    hours: Span | None,
    digest: WeeklyHour | None = None,
    at: datetime,
) -> Approval:
    """A second officer's yes: the campaign is ordered for the hour that was asked, or for now where that has passed; what is to
    stand in a digest then for the next one.

    Gives the question as it stands then: APPROVED; DROPPED where the campaign is no longer what was asked about, has expired, or
    its words are on their way already; or what another has decided before. Effects: state of the campaign, verdict, audit.
    Raises PermissionDeniedError("approve_own").
    """
    approval, campaign = await _held(actor, tx, approval_id)
    if not await may_decide(actor, tx=tx, approval=approval):
        raise PermissionDeniedError("approve_own")
    if approval.verdict != Verdict.OPEN:
        return approval
    ordered = await _order(actor, tx, approval, campaign, hours=hours, digest=digest, at=at)
    return await _settle(actor, tx, approval, verdict=Verdict.APPROVED if ordered else Verdict.DROPPED, at=at)


async def _order(
    actor: Actor,
    tx: Transaction,
    approval: Approval,
    campaign: Campaign,
    *,
    hours: Span | None,
    digest: WeeklyHour | None,
    at: datetime,
) -> bool:
    """False where it is not what was asked about, or can go no more: the question is over then too."""
    if not _still_stands(approval, campaign):
        return False
    begins = begins_at(at, not_before=approval.starts_at, hours=hours)
    not_before = begins if begins > at + GRACE else None
    if campaign.plan.in_digest:
        not_before = digest_still(approval.starts_at, at=at, hour=digest)
    try:
        await send_campaign(actor, tx=tx, campaign_id=approval.campaign_id, at=at, not_before=not_before)
    except StateError as error:
        if error.code not in _NEVER:
            raise
        return False
    return True


async def _settle(
    actor: Actor, tx: Transaction, approval: Approval, *, verdict: Verdict, reason: str = "", at: datetime
) -> Approval:
    by = actor.officer_id if isinstance(actor, Officer) else None
    settled = await tx.approvals.settle(approval.approval_id, verdict=verdict, by=by, reason=reason, at=at)
    data = {"reason": reason} if verdict == Verdict.ALONE else None
    subject = f"campaign:{approval.campaign_id}"
    await tx.audit.record(actor, at=at, action=f"campaign.approval_{verdict}", subject=subject, data=data)
    return settled


async def refuse_approval(
    actor: Actor, *, tx: Transaction, approval_id: ApprovalId, reason: str = "", at: datetime
) -> Approval:
    """A second officer's no: the campaign stays a draft. Gives the question as it stands then, as `approve` does.

    Effects: verdict, audit. Raises PermissionDeniedError("approve_own"), InvalidAnswerError("reason_long").
    """
    approval, _ = await _held(actor, tx, approval_id)
    if not await may_decide(actor, tx=tx, approval=approval):
        raise PermissionDeniedError("approve_own")
    if approval.verdict != Verdict.OPEN:
        return approval
    words = written_reason(reason, shortest=0)
    return await _settle(actor, tx, approval, verdict=Verdict.REFUSED, reason=words, at=at)


async def withdraw_approval(actor: Actor, *, tx: Transaction, approval_id: ApprovalId, at: datetime) -> Approval:
    """Who may send there takes the question back; the campaign stays a draft. Effects: verdict dropped, audit."""
    _officer(actor)
    approval, _ = await _held(actor, tx, approval_id)
    return await _settle(actor, tx, approval, verdict=Verdict.DROPPED, at=at) if _is_open(approval) else approval


def _is_open(approval: Approval) -> bool:
    return approval.verdict == Verdict.OPEN


def may_send_alone(actor: Actor) -> bool:
    """An administrator answers for it with a written reason."""
    return isinstance(actor, Officer) and actor.role == Role.ADMIN


async def send_alone(
    actor: Actor,
    *,
    tx: Transaction,
    approval_id: ApprovalId,
    reason: str,
    hours: Span | None,
    digest: WeeklyHour | None = None,
    at: datetime,
) -> Approval:
    """An administrator sends what waits for a second officer; her reason stands in the audit and in the report.

    Gives the question as it stands then, as `approve` does. Effects: state of the campaign, verdict alone with the reason, audit.
    Raises PermissionDeniedError, InvalidAnswerError("reason_short") and ("reason_long").
    """
    if not may_send_alone(actor):
        raise PermissionDeniedError
    approval, campaign = await _held(actor, tx, approval_id)
    if approval.verdict != Verdict.OPEN:
        return approval
    words = written_reason(reason, shortest=SHORTEST_REASON)
    if not await _order(actor, tx, approval, campaign, hours=hours, digest=digest, at=at):
        return await _settle(actor, tx, approval, verdict=Verdict.DROPPED, at=at)
    return await _settle(actor, tx, approval, verdict=Verdict.ALONE, reason=words, at=at)


def written_reason(text: str, *, shortest: int) -> str:
    """As it is kept. Raises InvalidAnswerError("reason_short") and ("reason_long")."""
    words = mask_numbers(" ".join(text.split()))
    if len(words) < shortest:
        raise InvalidAnswerError("reason_short", shortest=shortest)
    if len(words) > LONGEST_REASON:
        raise InvalidAnswerError("reason_long", most=LONGEST_REASON)
    return words


class Told(StrEnum):
    """What the clock has to say about a question."""

    ASKED = "asked"  # to whom it has been passed on
    REMINDED = "reminded"
    PASSED_ON = "passed_on"  # to who asked it: another is asked now
    NOBODY_LEFT = "nobody_left"  # to who asked it, and to the administrators
    CHANGED = "changed"  # to both: it fell, because the campaign is no longer what was asked about, or expires before it could go


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalNews:
    """`asked_of` as it stands now."""

    to: Officer
    told: Told
    approval: Approval
    campaign: Campaign
    asked_of: Officer | None = None


async def remind_approvers(actor: Actor, *, tx: Transaction, pack: Pack, at: datetime) -> list[ApprovalNews]:
    """Every open question one step on: dropped where it fell, its approver reminded after two hours of open office, and after two
    more the next one asked, or at once where her office has ended. Gives who is to be told what.

    Effects: verdicts, who is asked and since when, reminders, audit.
    """
    check_system(actor)
    news: list[ApprovalNews] = []
    for found in await tx.approvals.open():
        approval = await tx.approvals.hold(found.campaign_id)
        campaign = await tx.campaigns.get(found.campaign_id)
        if campaign and approval and approval.approval_id == found.approval_id and _is_open(approval):
            news += await _step(actor, tx, approval, campaign, pack=pack, at=at)
    return news


async def _step(
    actor: Actor, tx: Transaction, approval: Approval, campaign: Campaign, *, pack: Pack, at: datetime
) -> list[ApprovalNews]:
    asker = await tx.officers.get(approval.asked_by)
    asked = await tx.officers.get(approval.asked_of) if approval.asked_of else None
    if not _still_stands(approval, campaign) or _expires_first(campaign, starts_at=approval.starts_at, at=at):
        settled = await _settle(actor, tx, approval, verdict=Verdict.DROPPED, at=at)
        both = [officer for officer in (asker, asked) if officer]
        return [ApprovalNews(to=one, told=Told.CHANGED, approval=settled, campaign=campaign) for one in both]
    if approval.asked_of is None:
        return []
    waited = pack.office_hours.worked(approval.asked_at, at)
    if asked is None or may_act(asked, action=Action.SEND, unit_id=campaign.unit_id) or waited >= 2 * PATIENCE:
        return await _ask_next(actor, tx, approval, campaign, asker=asker, at=at)
    if waited < PATIENCE or approval.reminded_at:
        return []
    await tx.approvals.remind(approval.approval_id, at=at)
    return [ApprovalNews(to=asked, told=Told.REMINDED, approval=approval, campaign=campaign, asked_of=asked)]


async def _ask_next(
    actor: Actor, tx: Transaction, approval: Approval, campaign: Campaign, *, asker: Officer | None, at: datetime
) -> list[ApprovalNews]:
    """The first behind whom was asked last: so nobody is asked twice."""
    assert approval.asked_of is not None  # noqa: S101  (the caller has looked)
    last = await tx.approvals.officer(approval.asked_of)
    asked_by = await tx.approvals.officer(approval.asked_by)
    able = await _able(tx, campaign, other_than=asked_by.contact_id)
    following = next((one for one in able if _turn_of(one) > _turn_of(last)), None)
    to = following.officer_id if following else None
    await tx.approvals.pass_on(approval.approval_id, to=to, at=at)
    await tx.audit.record(actor, at=at, action="campaign.pass_on_approval", subject=f"campaign:{campaign.campaign_id}")
    told = [(asker, Told.PASSED_ON if following else Told.NOBODY_LEFT)]
    if following:
        told.append((following, Told.ASKED))
    else:
        admins = [one for one in await tx.officers.list_active() if one.role == Role.ADMIN]
        told += [(one, Told.NOBODY_LEFT) for one in admins if one.contact_id != asked_by.contact_id]
    return [
        ApprovalNews(to=to_whom, told=what, approval=approval, campaign=campaign, asked_of=following)
        for to_whom, what in told
        if to_whom
    ]
