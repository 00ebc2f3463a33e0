"""The clock's part of undoing: messages are taken back or given other words at the lane's pace, and who asked is told at the end."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from content.render import CampaignRenderer
from handlers.router import Router
from handlers.send.steps import FLOW, button, undoable
from handlers.turn import Turn
from outreach.campaigns.edit import edit_some
from outreach.campaigns.march import March
from outreach.campaigns.model import Campaign, CampaignState
from outreach.campaigns.recall import recall_some
from outreach.clock import Clock
from outreach.messaging import AccountId, Channel, Notice, Replies
from outreach.officers import System
from outreach.pacing import TokenBucket
from outreach.transaction import Transactions

log = logging.getLogger(__name__)

# Beside a campaign that is being sent only so much of the rate.
_BESIDE_OTHERS = 0.2
_CLOCK = System(name="clock")


@dataclass(kw_only=True)
class Undoings:
    """Runs every second; how far each campaign is stands in the database, so a restart goes on where it was."""

    transactions: Transactions
    router: Router
    channels: Mapping[AccountId, Channel]
    clock: Clock
    _buckets: dict[float, TokenBucket] = field(default_factory=dict)

    async def run(self) -> None:
        async with self.transactions.read() as tx:
            ordered = await tx.undoing.under_way()
            sending = await tx.campaigns.in_state(CampaignState.RUNNING) if ordered else []
        if not ordered:
            return
        most = min(door.rate for door in self.router.world.doors if door.capabilities.recall_hours)
        rate = most * (_BESIDE_OTHERS if sending else 1.0)
        bucket = self._buckets.setdefault(rate, TokenBucket(rate))
        march = March(transactions=self.transactions, channels=self.channels, bucket=bucket)
        for campaign in ordered:
            try:
                if await self._step(campaign, march=march) or self._too_late(campaign, now=self.clock()):
                    await self._tell(campaign)
            except Exception as error:  # noqa: BLE001  (one campaign must not keep the others)
                log.error("campaign %d was not undone: %s", campaign.campaign_id, type(error).__name__)  # noqa: TRY400  (no values of a person in the log)

    async def _step(self, campaign: Campaign, *, march: March) -> bool:
        """True when nothing is left to do."""
        world = self.router.world
        if campaign.recall_after is not None:
            return await recall_some(_CLOCK, campaign, march=march, pack=world.pack)
        return await edit_some(
            _CLOCK, campaign, march=march, renderer=CampaignRenderer(world.catalog, units=world.units)
        )

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
                await tx.undoing.end(campaign.campaign_id, at=self.clock())
            return
        contact_id = officer.contact_id

        async def handle(turn: Turn) -> Replies:
            """In one transaction with the end, so that it is told once."""
            number = campaign.campaign_id
            now = await turn.tx.campaigns.get(number)
            if now is None or now.version != campaign.version:
                return Replies()
            within = await undoable(turn, now)
            if not await turn.tx.undoing.end(number, at=turn.now):
                return Replies()
            recalled = now.recall_after is not None
            done = now.recalled if recalled else now.edited
            reply = turn.reply(
                "campaign.recalled" if recalled else "campaigns.edited",
                [[button(turn, "see_report", "report", number), turn.button("campaigns.list", FLOW, "campaigns")]],
                count=done,
                kept=max(0, within - done),
                stays=now.tally.sent - within,
                lines=await turn.tx.digests.told(number) if recalled else 0,
            )
            return Replies(notices=(Notice(contact_id=contact_id, reply=reply),))

        await self.router.take_up(address, channel=channel.name, handle=handle)
