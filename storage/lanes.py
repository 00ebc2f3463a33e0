"""Campaigns of which one channel stands still while the others go on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.campaigns.model import CampaignState, DeliveryState
from outreach.campaigns.ports.lanes import LaneHalt
from outreach.messaging import AccountId, CampaignId, ChannelName
from storage import tables as t
from storage.upsert import upsert

_ON_ITS_WAY = (DeliveryState.PENDING, DeliveryState.IN_FLIGHT)


class SqlLanes:
    """Implements the port `Lanes`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def halt(self, campaign_id: CampaignId, *, account_id: AccountId, reason: str, at: datetime) -> bool:
        runs = select(t.campaign.c.id).where(
            t.campaign.c.id == campaign_id, t.campaign.c.state == CampaignState.RUNNING
        )
        if (await self._db.execute(runs)).one_or_none() is None or not await self._others_go_on(
            campaign_id, [account_id]
        ):
            return False
        key = {"campaign_id": campaign_id, "account_id": account_id}
        await self._db.execute(upsert(self._db, t.lane_halt, key, {"reason": reason, "halted_at": at}))
        return True

    async def halted(self, campaign_id: CampaignId) -> list[LaneHalt]:
        rows = await self._db.execute(_HALTS.where(t.lane_halt.c.campaign_id == campaign_id))
        return [_halt_of(row) for row in rows]

    async def stuck(self) -> list[LaneHalt]:
        running = _HALTS.join(t.campaign, t.campaign.c.id == t.lane_halt.c.campaign_id).where(
            t.campaign.c.state == CampaignState.RUNNING
        )
        halts = [_halt_of(row) for row in await self._db.execute(running)]
        found = {}
        for halt in halts:
            accounts = [other.account_id for other in halts if other.campaign_id == halt.campaign_id]
            if halt.campaign_id not in found and not await self._others_go_on(halt.campaign_id, accounts):
                found[halt.campaign_id] = halt
        return list(found.values())

    async def lift(self, campaign_id: CampaignId) -> bool:
        lifted = await self._db.execute(delete(t.lane_halt).where(t.lane_halt.c.campaign_id == campaign_id))
        return bool(lifted.rowcount)

    async def _others_go_on(self, campaign_id: CampaignId, accounts: Sequence[AccountId]) -> bool:
        others = select(t.delivery.c.id).where(
            t.delivery.c.campaign_id == campaign_id,
            t.delivery.c.state.in_(_ON_ITS_WAY),
            t.delivery.c.account_id.not_in(accounts),
        )
        return (await self._db.execute(others.limit(1))).first() is not None


_HALTS = select(t.lane_halt, t.account.c.channel).join(t.account, t.account.c.id == t.lane_halt.c.account_id)


def _halt_of(row: Row[*tuple[Any, ...]]) -> LaneHalt:
    return LaneHalt(
        campaign_id=CampaignId(row.campaign_id),
        account_id=AccountId(row.account_id),
        channel=ChannelName(row.channel),
        reason=row.reason,
    )
