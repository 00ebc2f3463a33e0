"""kill -9 where Zalo's window was closed: what is held, released and handed over reaches her once, or is known to be unknown."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from outreach.campaigns.model import CampaignState, Content, DeliveryState
from outreach.contacts.windows import OUTSIDE
from outreach.messaging import Reply
from outreach.outbox import Target
from storage import tables as t
from tests.chaos.conftest import Town

NOW, LONG_AGO = timedelta(), timedelta(days=8)
SEND = "v3.0/oa/message/cs"
WORDS = "Lời hẹn khi máy bị tắt"

pytestmark = pytest.mark.slow


async def _fault(town: Town, kind: str, **about: object) -> int:
    made = await town.client.order("faults", {"kind": kind, "network": "zalo_oa", "method": SEND, **about})
    return int(made["id"])


async def _asked(town: Town) -> int:
    rows = (await town.client.read("journal", kind="requests", network="zalo_oa", limit=1000))["rows"]
    return sum(row["method"] == SEND for row in rows)


async def test_a_reply_is_held_and_released_over_two_kills(zalo_town: Town) -> None:
    """Killed once as Zalo says that the window is closed, and once as her word has released it and nothing can leave."""
    town = zalo_town
    person, contact_id = await town.follower(heard=NOW, silent=LONG_AGO)
    async with town.database.write() as tx:
        assert await tx.outbox.add([(Target(contact_id=contact_id), Reply(text=WORDS))], at=datetime.now(UTC))
    held = select(func.count()).select_from(t.outbox).where(t.outbox.c.held)
    promised = select(func.count()).select_from(t.outbox)

    town.process.start()
    await town.until(lambda: _asked(town))
    town.process.kill()
    town.process.start()
    await town.until(lambda: town.one(held))
    assert await town.got(person, WORDS) == 0

    fault = await _fault(town, "reset")
    await town.client.order(f"zalo/oa/people/{person}/text", {"text": "tin"})

    async def released() -> bool:
        return not await town.one(held)

    await town.until(released)
    town.process.kill()
    assert await town.got(person, WORDS) == 0
    assert await town.one(promised) >= 1

    await town.client.order(f"faults/{fault}", method="DELETE")
    town.process.start()

    async def over() -> bool:
        return not await town.one(promised)

    await town.until(over)
    assert town.process.stop() == 0
    assert await town.got(person, WORDS) == 1


async def test_what_was_skipped_is_handed_over_once_over_two_kills(zalo_town: Town) -> None:
    """Killed once as her word has handed it over, and once as Zalo has taken it and its answer has not come."""
    town = zalo_town
    person, _ = await town.follower(heard=LONG_AGO, silent=LONG_AGO)
    number = await town.order(Content(title=WORDS, paragraphs=("Một đoạn.",), counts=True))
    state, reason = (select(column) for column in (t.delivery.c.state, t.delivery.c.reason))

    async def finished() -> bool:
        async with town.database.read() as tx:
            campaign = await tx.campaigns.get(number)
        return campaign is not None and campaign.state == CampaignState.FINISHED

    town.process.start()
    await town.until(finished)
    assert (await town.one(state), await town.one(reason)) == (DeliveryState.SKIPPED, OUTSIDE)

    await town.client.order(f"zalo/oa/people/{person}/text", {"text": "tin"})

    async def is_pending() -> bool:
        return bool(await town.one(state) == DeliveryState.PENDING)

    await town.until(is_pending)
    town.process.kill()
    assert await town.got(person, WORDS) == 0

    async def taken() -> bool:
        return await town.got(person, WORDS) > 0

    await _fault(town, "slow", seconds=5)
    town.process.start()
    await town.until(taken)
    town.process.kill()
    assert await town.one(state) == DeliveryState.IN_FLIGHT

    async def known() -> bool:
        return bool(await town.one(state) == DeliveryState.UNKNOWN)

    town.process.start()
    await town.until(known)
    assert town.process.stop() == 0
    assert await town.one(reason) == "interrupted"
    assert await town.got(person, WORDS) == 1
