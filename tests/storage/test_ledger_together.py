"""The ledger while people and officers act at the same moment: a stop in the making is honoured, and nobody waits in a ring."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text

from outreach.campaigns.model import CampaignState, DeliveryState, Outcome
from outreach.contacts.model import Purpose, Subscription
from outreach.contacts.windows import Windows
from outreach.messaging import SendErrorKind
from tests.storage.conftest import Books

RUNNING, PAUSED = CampaignState.RUNNING, CampaignState.PAUSED


@pytest.mark.parametrize("how", ["stop", "withdraw"])
async def test_a_stop_that_is_being_committed_is_honoured(books: Books, how: str) -> None:
    stops, stays = await books.person(external_id="stops"), await books.person(external_id="stays")
    campaign = await books.campaign(state=RUNNING)
    async with books.database.write() as tx:
        if how == "stop":
            await tx.contacts.change(stops, at=books.clock(), subscription=Subscription.STOPPED)
        else:
            await tx.contacts.withdraw(stops, purpose=Purpose.NOTICES, how="stop", at=books.clock())
        claiming = asyncio.create_task(books.claim())
        await asyncio.sleep(0.2)  # on PostgreSQL the claim runs now, on SQLite it waits for the writer
    claimed = [*await claiming, *await books.claim()]
    assert [delivery.contact.contact_id for delivery in claimed] == [stays]
    assert await books.reasons(campaign) == {(DeliveryState.SKIPPED, "stopped"): 1, (DeliveryState.IN_FLIGHT, ""): 1}


async def test_everybody_at_once(books: Books) -> None:
    """Windows, pauses, stops, erasures and decisions side by side; no deadlock, and the books are right in the end."""
    people = [await books.person() for _ in range(60)]
    campaign = await books.campaign(state=RUNNING)
    over = asyncio.Event()

    async def windows() -> None:
        rounds = 0
        while not over.is_set() or rounds == 0:
            async with books.database.write(bulk=True) as tx:
                await tx.ledger.check_lease(books.lease)
                claimed = await tx.ledger.claim_window(
                    books.account_id, size=3, lease=books.lease, limits=books.limits(), at=books.clock()
                )
            ends = [DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.PENDING]
            outcomes = [
                Outcome(delivery=delivery, state=ends[number], at=books.clock())
                for number, delivery in enumerate(claimed)
            ]
            if len(outcomes) > 1 and rounds % 2:
                gone = outcomes[1].delivery
                outcomes[1] = Outcome(
                    delivery=gone, state=DeliveryState.FAILED, at=books.clock(), error=SendErrorKind.GONE
                )
            async with books.database.write(bulk=True) as tx:
                await tx.ledger.check_lease(books.lease)
                assert len(await tx.ledger.write_outcomes(outcomes, lease=books.lease, at=books.clock())) == len(
                    claimed
                )
            rounds += 1

    async def officers() -> None:
        for number in range(20):
            async with books.database.write() as tx:
                state = PAUSED if number % 2 == 0 else RUNNING
                await tx.campaigns.move(campaign.campaign_id, state=state, at=books.clock())
                await tx.ledger.resolve_unknown(campaign.campaign_id, repeat=number % 3 == 0, at=books.clock())
                await tx.ledger.retry_failed(campaign.campaign_id, at=books.clock())
        async with books.database.write() as tx:
            assert await tx.campaigns.move(campaign.campaign_id, state=CampaignState.CANCELLED, at=books.clock())
            await tx.ledger.give_up_pending(campaign.campaign_id, reason="cancelled", at=books.clock())

    async def persons(mine: list[int]) -> None:
        for number in mine:
            async with books.database.write() as tx:
                if number % 3 == 0:
                    await tx.contacts.change(people[number], at=books.clock(), subscription=Subscription.STOPPED)
                elif number % 3 == 1:
                    await tx.contacts.withdraw(people[number], purpose=Purpose.NOTICES, how="stop", at=books.clock())
                else:
                    await tx.contacts.erase(people[number], at=books.clock())

    sending = asyncio.create_task(windows())
    async with asyncio.timeout(60):
        await asyncio.gather(officers(), persons(list(range(0, 60, 2))), persons(list(range(1, 60, 2))))
        over.set()
        await sending
    await books.check()
    states = {state for state, _ in await books.reasons(campaign)}
    assert not states & {DeliveryState.PENDING, DeliveryState.IN_FLIGHT}


async def test_a_window_and_a_cancel_right_after_a_resume_never_wait_in_a_ring(books: Books) -> None:
    """Whichever is first: the window takes nothing of what was cancelled, and the cancel leaves what is on its way."""
    await books.person()
    books.database.windows = Windows(ceiling_vnd=100)
    campaign = await books.campaign(state=RUNNING)
    await books.move(campaign, PAUSED)
    number, at = campaign.campaign_id, books.clock()
    on_postgres = books.database.write_engine.dialect.name == "postgresql"
    async with AsyncExitStack() as shut:
        if on_postgres:  # the window looks first at what was spent
            other = await shut.enter_async_context(books.database.write_engine.begin())
            await other.execute(text("LOCK TABLE spending IN ACCESS EXCLUSIVE MODE"))
        claiming = asyncio.create_task(books.claim())
        await asyncio.sleep(0.2)
        async with books.database.write() as tx:
            assert await tx.campaigns.move(number, state=RUNNING, at=at)
    async with books.database.write() as tx:
        assert await tx.campaigns.move(number, state=CampaignState.CANCELLED, at=at)
        await asyncio.sleep(0.2)
        await tx.ledger.give_up_pending(number, reason="cancelled", at=at)
    claimed = len(await claiming)
    states = {state: count for (state, _), count in (await books.reasons(campaign)).items()}
    assert states == ({DeliveryState.IN_FLIGHT: 1} if claimed else {DeliveryState.SKIPPED: 1})
    await books.check()
