"""What became of a campaign, person by person and in all, and what an officer may still do about it."""

from dataclasses import dataclass
from datetime import datetime

from outreach.campaigns.control import campaign_for, corrected_by
from outreach.campaigns.edit import REWORDED
from outreach.campaigns.model import IN_DIGEST, Campaign, CampaignKind, CampaignState, DeliveryState
from outreach.campaigns.ports.approvals import Verdict
from outreach.campaigns.ports.ledger_reports import ChannelTally, LedgerRow
from outreach.campaigns.rules import may_go_on
from outreach.clock import local_day
from outreach.contacts.windows import WAITS
from outreach.directory import UnitDirectory
from outreach.errors import StateError
from outreach.messaging import CampaignId
from outreach.officers import Action, Actor, check_act
from outreach.pack import Pack
from outreach.reach.coverage import count_coverage
from outreach.reach.model import CoverageRow
from outreach.reach.rules import needed
from outreach.transaction import Transaction
from outreach.units import UnitId

# Reasons of a failed delivery that mean the person has left: no failure of ours, and nothing to do about it.
LEFT = frozenset(
    {
        "blocked",
        "deactivated",
        "cannot_initiate",
        "kicked",
        "not_member",
        "chat_deleted",
        "forbidden",
        "chat_not_found",
        "peer_invalid",
        "not_following",
        "inactive",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The share of youth informed after the campaign. `needed`, `missing` and the row's denominator go together: all or none."""

    row: CoverageRow
    target: int  # per cent
    needed: int | None
    missing: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Counts of people, equal to the ledger's rows. `standing` only for what `counts`."""

    campaign: Campaign
    counts: bool
    left: int
    failed: dict[str, int]  # reason -> people who surely did not get it
    skipped: dict[str, int]  # by no digest either
    waits: int  # they get it when they next write
    by_channel: list[ChannelTally]
    standing: Standing | None
    corrects: Campaign | None
    by_digest: int = 0  # people who have got it in a weekly digest
    alone: str = ""  # why an administrator sent it without a second officer
    edited_alone: tuple[str, ...] = ()  # why one changed it on many phones, each time

    @property
    def failed_in_all(self) -> int:
        return sum(self.failed.values())


async def campaign_report(
    actor: Actor, *, tx: Transaction, campaign_id: CampaignId, pack: Pack, units: UnitDirectory, at: datetime
) -> Report:
    """Raises NotFoundError, PermissionDeniedError."""
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    states = (DeliveryState.FAILED, DeliveryState.SKIPPED)
    reasons = await tx.ledger_reports.reasons(campaign_id, states=states)
    failed = {reason: count for (state, reason), count in reasons.items() if state == DeliveryState.FAILED}
    skipped = {reason: count for (state, reason), count in reasons.items() if state == DeliveryState.SKIPPED}
    counts = await informs(actor, tx=tx, campaign=campaign)
    standing = await _standing(actor, tx=tx, campaign=campaign, pack=pack, units=units, at=at) if counts else None
    return Report(
        campaign=campaign,
        counts=counts,
        left=sum(count for reason, count in failed.items() if reason in LEFT),
        failed={reason: count for reason, count in failed.items() if reason not in LEFT},
        skipped={reason: count for reason, count in skipped.items() if reason not in {IN_DIGEST, *WAITS}},
        waits=sum(count for reason, count in skipped.items() if reason in WAITS),
        by_channel=await tx.ledger_reports.by_channel(campaign_id),
        standing=standing,
        corrects=await corrected_by(actor, tx=tx, campaign=campaign),
        by_digest=skipped.get(IN_DIGEST, 0),
        alone=await _alone(tx, campaign_id),
        edited_alone=tuple(await tx.audit.reasons(REWORDED, subject=f"campaign:{campaign_id}")),
    )


async def informs(actor: Actor, *, tx: Transaction, campaign: Campaign) -> bool:
    """Whether it counts: of a digest, whether any of the news in it does."""
    check_act(actor, action=Action.SEND, unit_id=campaign.unit_id)
    lines = campaign.kind == CampaignKind.DIGEST and await tx.digests.counts(campaign.campaign_id)
    return campaign.content.counts or lines


async def _alone(tx: Transaction, campaign_id: CampaignId) -> str:
    asked = await tx.approvals.newest(campaign_id)
    return asked.reason if asked and asked.verdict == Verdict.ALONE else ""


async def _standing(
    actor: Actor, *, tx: Transaction, campaign: Campaign, pack: Pack, units: UnitDirectory, at: datetime
) -> Standing | None:
    period = pack.main_period.on(local_day(at))
    if period is None:
        return None
    coverage = await count_coverage(
        actor,
        reach=tx.reach,
        denominators=tx.denominators,
        period=period,
        unit_ids=(),
        province_id=units.province_id,
        elsewhere_id=units.elsewhere_id,
        at=at,
        scope=campaign.unit_id,
    )
    row, target = coverage.province, pack.informed.target
    if row.denominator is None:
        return Standing(row=row, target=target, needed=None, missing=None)
    wanted = needed(target, whole=row.denominator.count)
    return Standing(row=row, target=target, needed=wanted, missing=max(0, wanted - row.reached))


async def campaign_by_unit(
    actor: Actor, *, tx: Transaction, campaign_id: CampaignId
) -> list[tuple[UnitId | None, int, int]]:
    """Per unit: messages sent, and people in all."""
    await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    return await tx.watching.by_unit(campaign_id)


async def campaign_rows(
    actor: Actor, *, tx: Transaction, campaign_id: CampaignId, after: int, limit: int
) -> list[LedgerRow]:
    """A page of outcomes, in the order of the rows' numbers; people are numbers and units, never names."""
    await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    return await tx.ledger_reports.rows(campaign_id, after=after, limit=limit)


async def send_failed_again(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, at: datetime) -> int:
    """Those who surely did not get it, and have not left, are tried once more. Raises StateError("was_recalled", "campaign_over").

    Effects: ledger, state, audit.
    """
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    _check_goes_on(campaign, at=at)
    people = await tx.ledger.retry_failed(campaign_id, at=at, unless=LEFT)
    await _go_on(actor, tx=tx, campaign=campaign, at=at, people=people, action="campaign.retry")
    return people


async def settle_unknown(actor: Actor, *, tx: Transaction, campaign_id: CampaignId, repeat: bool, at: datetime) -> int:
    """The officer's word on those who may have got it or not. Raises StateError when it cannot be repeated.

    Effects: ledger; when repeated: state; audit.
    """
    campaign = await campaign_for(actor, tx=tx, campaign_id=campaign_id)
    if repeat:
        _check_goes_on(campaign, at=at)
    people = await tx.ledger.resolve_unknown(campaign_id, repeat=repeat, at=at)
    if repeat:
        await _go_on(actor, tx=tx, campaign=campaign, at=at, people=people, action="campaign.repeat")
    elif people:
        await tx.audit.record(actor, at=at, action="campaign.leave", subject=f"campaign:{campaign_id}")
    else:
        raise StateError
    return people


def _check_goes_on(campaign: Campaign, *, at: datetime) -> None:
    if campaign.recall_after is not None:
        raise StateError("was_recalled")
    if not may_go_on(campaign, at=at):
        raise StateError("campaign_over")


async def _go_on(actor: Actor, *, tx: Transaction, campaign: Campaign, at: datetime, people: int, action: str) -> None:
    """A finished campaign runs again, and its officer is told its end again; a paused one stays paused.

    Effects: state, what was told, audit.
    """
    if not people:
        raise StateError
    number = campaign.campaign_id
    if campaign.state == CampaignState.FINISHED:
        await tx.campaigns.move(number, state=CampaignState.RUNNING, at=at)
        await tx.watching.told(number, state=CampaignState.RUNNING, unknown=0)
    await tx.audit.record(actor, at=at, action=action, subject=f"campaign:{number}", data={"people": people})
