"""Taking a campaign back: asked once, done by the clock, told at the end."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from handlers.buttons import Press
from handlers.router import Router
from handlers.send.steps import button, subject
from handlers.turn import Turn, World
from outreach.campaigns.control import campaign_for
from outreach.campaigns.model import Campaign, CampaignState
from outreach.campaigns.ports import ChannelTally
from outreach.campaigns.recall import order_recall, recall_some, recall_until
from outreach.clock import Clock
from outreach.errors import StateError
from outreach.messaging import AccountId, Button, CampaignId, Channel, Notice, Replies
from outreach.officers import System
from outreach.pacing import TokenBucket
from outreach.transaction import Transaction, Transactions

log = logging.getLogger(__name__)

# Beside a campaign that is being sent only so much of the rate.
_BESIDE_OTHERS = 0.2
_HOUR = timedelta(hours=1)


def hours_left(turn: Turn, campaign: Campaign) -> int:
    """Full hours in which an ended campaign can be taken back."""
    until = recall_until(campaign, hours=turn.world.recall_hours)
    return (until - turn.now) // _HOUR if until and until > turn.now else 0


def deletable(world: World, tallies: Sequence[ChannelTally]) -> int:
    """How many of its messages lie where a message can be deleted; on Zalo they stay."""
    deleting = {door.account_id for door in world.doors if door.capabilities.recall_hours}
    return sum(tally.sent for tally in tallies if tally.account_id in deleting)


def buttons(turn: Turn, campaign: Campaign, *, tallies: Sequence[ChannelTally]) -> list[Button]:
    """[Thu hồi: còn 47 giờ] under a report, as long as there are hours left and something that can be deleted."""
    hours = hours_left(turn, campaign) if deletable(turn.world, tallies) else 0
    return [button(turn, "recall", "recall", campaign.campaign_id, hours=hours)] if hours else []


def _number(turn: Turn, press: Press) -> CampaignId:
    return CampaignId(press.number) if press.number else subject(turn) or CampaignId(0)


async def ask(turn: Turn, press: Press) -> Replies:
    campaign = await campaign_for(turn.officer, tx=turn.tx, campaign_id=_number(turn, press))
    number = campaign.campaign_id
    tallies = await turn.tx.ledger_reports.by_channel(number)
    if not buttons(turn, campaign, tallies=tallies):
        raise StateError("cannot_recall")
    count = deletable(turn.world, tallies)
    yes = button(turn, "recall_yes", "recallyes", number, count=count)
    return turn.answer(
        "campaign.really_recall",
        [[yes], [button(turn, "recall_no", "report", number)]],
        count=count,
        stays=campaign.tally.sent - count,
    )


async def order(turn: Turn, press: Press) -> Replies:
    campaign = await order_recall(
        turn.officer, tx=turn.tx, campaign_id=_number(turn, press), hours=turn.world.recall_hours, at=turn.now
    )
    tallies = await turn.tx.ledger_reports.by_channel(campaign.campaign_id)
    return turn.answer("campaign.recalling", count=deletable(turn.world, tallies))


@dataclass(kw_only=True)
class Recalls:
    """The clock's job: takes messages back at the lane's pace, and tells who asked when it is done."""

    transactions: Transactions
    router: Router
    channels: Mapping[AccountId, Channel]
    clock: Clock
    _buckets: dict[float, TokenBucket] = field(default_factory=dict)

    async def run(self) -> None:
        async with self.transactions.read() as tx:
            ordered = await tx.watching.to_recall()
            sending = await tx.campaigns.in_state(CampaignState.RUNNING) if ordered else []
        if not ordered:
            return
        most = min(door.rate for door in self.router.world.doors if door.capabilities.recall_hours)
        rate = most * (_BESIDE_OTHERS if sending else 1.0)
        bucket = self._buckets.setdefault(rate, TokenBucket(rate))
        for campaign in ordered:
            try:
                await self._step(campaign, bucket=bucket)
            except Exception as error:  # noqa: BLE001  (one campaign must not keep the others)
                log.error("campaign %d was not taken back: %s", campaign.campaign_id, type(error).__name__)  # noqa: TRY400  (no values of a person in the log)

    async def _step(self, campaign: Campaign, *, bucket: TokenBucket) -> None:
        done = await recall_some(
            System(name="clock"), campaign, transactions=self.transactions, channels=self.channels, bucket=bucket
        )
        if done or self._too_late(campaign, now=self.clock()):
            await self._tell(campaign)

    def _too_late(self, campaign: Campaign, *, now: datetime) -> bool:
        """The messenger refuses from then on; what is left stays."""
        hours = timedelta(hours=self.router.world.recall_hours)
        return campaign.started_at is None or now > campaign.started_at + hours

    async def _tell(self, campaign: Campaign) -> None:
        async with self.transactions.read() as tx:
            officer = await tx.officers.get(campaign.created_by)
            address = await tx.officers.address_of(officer.contact_id) if officer else None
        channel = self.channels.get(address.account_id) if address else None
        if officer is None or address is None or channel is None:
            async with self.transactions.write() as tx:
                await _end(tx, campaign, at=self.clock())
            return
        contact_id = officer.contact_id

        async def handle(turn: Turn) -> Replies:
            now = await turn.tx.campaigns.get(campaign.campaign_id)
            if now is None or not await _end(turn.tx, now, at=turn.now):
                return Replies()
            count = deletable(turn.world, await turn.tx.ledger_reports.by_channel(now.campaign_id))
            reply = turn.reply(
                "campaign.recalled", count=now.recalled, kept=count - now.recalled, stays=now.tally.sent - count
            )
            return Replies(notices=(Notice(contact_id=contact_id, reply=reply),))

        await self.router.take_up(address, channel=channel.name, handle=handle)


async def _end(tx: Transaction, campaign: Campaign, *, at: datetime) -> bool:
    mark = max(1, campaign.recall_after or 0)
    return await tx.watching.recall(campaign.campaign_id, after=mark, ended_at=at)
