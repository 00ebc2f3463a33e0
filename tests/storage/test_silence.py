"""Accepted, and never heard of again: another channel is tried, once, and she stays counted whatever becomes of it."""

from datetime import timedelta

import pytest

from outreach.campaigns.model import Audience, AudienceKind, Campaign, CampaignState, DeliveryState
from outreach.contacts.model import Consent, Subscription
from outreach.messaging import SendErrorKind
from storage import tables as t
from tests.storage.conftest import Books
from tests.storage.two_channels import HOUR, both, legs, names, receipts_came, set_reachable, spoke, zalo

RUNNING, FINISHED = CampaignState.RUNNING, CampaignState.FINISHED
SENT, SKIPPED, FAILED = DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.FAILED


async def heard(books: Books, campaign: Campaign) -> None:
    account_id = await zalo(books)
    async with books.database.write() as tx:
        await receipts_came(tx.connection, campaign.campaign_id, account_id=account_id, at=books.clock())


async def silent(books: Books, *, after: timedelta) -> int:
    books.clock.advance(seconds=after.total_seconds())
    now, patience = books.clock(), 24 * HOUR
    async with books.database.read() as tx:
        ids = await tx.legs.silent(
            [await zalo(books)], since=now - patience - 72 * HOUR, until=now - patience, limit=10, at=now
        )
    async with books.database.write() as tx:
        moved = await tx.legs.fall_back(ids, at=now) if ids else 0
    await books.check()
    return moved


async def test_nothing_heard_of_it_another_channel_is_tried_and_the_turn_is_the_same(
    books: Books, notices: Consent
) -> None:
    contact_id = await both(books, notices, telegram=2, zalo_hours=1)
    campaign = await books.campaign(state=RUNNING)
    await books.write(await books.claim(account_id=await zalo(books)), SENT, refs=("z1",))
    await heard(books, campaign)
    await books.move(campaign, FINISHED)
    assert await silent(books, after=23 * HOUR) == 0
    assert await silent(books, after=2 * HOUR) == 1
    assert await legs(books) == [(1, "replaced", "no_receipt", "zalo"), (2, "pending", "", "telegram")]
    async with books.database.read() as tx:  # the first lies on her phone, and its buttons are hers
        found = await tx.campaigns.received(campaign.campaign_id, contact_id=contact_id)
        assert found
        assert found[1] == SENT
        newest = await tx.campaigns.newest_received(contact_id)
        assert newest
        assert newest[0] == campaign.campaign_id
    second = await books.claim()  # though the campaign has finished
    assert (names(second), [one.again for one in second]) == (["telegram"], [True])
    await books.write(second, SENT, refs=("t1",))
    assert await silent(books, after=25 * HOUR) == 0
    async with books.database.read() as tx:
        got = Audience(kind=AudienceKind.RECEIVED, corrects=campaign.campaign_id)
        preview = await tx.ledger.preview(got, limits=books.limits(per_week=9), at=books.clock())
    assert preview.will_get == 1  # once


@pytest.mark.parametrize("how", ["failed", "closed", "skipped", "cancelled"])
async def test_where_the_second_way_was_in_vain_the_first_one_counts(books: Books, notices: Consent, how: str) -> None:
    """It was accepted, and may have been read since; nothing is tried a third time."""
    contact_id = await both(books, notices, telegram=2, zalo_hours=1)
    campaign = await books.campaign(state=RUNNING)
    await books.write(await books.claim(account_id=await zalo(books)), SENT, refs=("z1",))
    await heard(books, campaign)
    assert await silent(books, after=25 * HOUR) == 1
    async with books.database.write() as tx:
        first = t.delivery.c.state == "replaced"
        await tx.connection.execute(t.delivery.update().where(first).values(received_at=books.clock()))
    if how == "cancelled":
        async with books.database.write() as tx:
            await tx.ledger.give_up_pending(campaign.campaign_id, reason="cancelled", at=books.clock())
    elif how == "skipped":
        async with books.database.write() as tx:
            await tx.contacts.change(contact_id, at=books.clock(), subscription=Subscription.STOPPED)
        assert not await books.claim()
    else:
        state, error = (FAILED, SendErrorKind.GONE) if how == "failed" else (SKIPPED, SendErrorKind.WINDOW_CLOSED)
        await books.write(await books.claim(), state, reason="x", error=error)
    await books.check()
    assert [row[:2] for row in await legs(books)] == [(1, "sent"), (2, "replaced")]
    async with books.database.read() as tx:
        found = await tx.campaigns.get(campaign.campaign_id)
        assert found
        assert (found.tally.sent, found.tally.meant, found.tally.received, found.tally.seen) == (
            2,
            2,
            2,
            0,
        )  # with somebody else
    async with books.database.write() as tx:
        this = t.delivery.c.version > 0
        await tx.connection.execute(t.delivery.update().where(this).values(received_at=None))
        await tx.connection.execute(t.contact.update().values(subscription=Subscription.ACTIVE))
    await spoke(books, "zalo", books.clock())
    await set_reachable(books, "telegram", reachable=True)
    await spoke(books, "telegram", books.clock())
    assert await silent(books, after=0 * HOUR) == 0


@pytest.mark.parametrize("heard_by", ["received_at", "opened_at"])
async def test_who_was_heard_of_or_is_long_ago_is_left_alone(books: Books, notices: Consent, heard_by: str) -> None:
    """By the channel's word, or because she tapped a button under it."""
    await both(books, notices, telegram=2, zalo_hours=1)
    campaign = await books.campaign(state=RUNNING)
    await books.write(await books.claim(account_id=await zalo(books)), SENT, refs=("z1",))
    await heard(books, campaign)
    assert await silent(books, after=24 * 30 * HOUR) == 0
    async with books.database.write() as tx:
        hers = t.delivery.update().where(t.delivery.c.received_at.is_(None))
        await tx.connection.execute(hers.values({"changed_at": books.clock(), heard_by: books.clock()}))
    assert await silent(books, after=25 * HOUR) == 0


@pytest.mark.parametrize("who", ["the channel", "her phone"])
async def test_silence_says_nothing_where_there_never_was_a_word(books: Books, notices: Consent, who: str) -> None:
    """Receipts are switched off in the console, or she has Zalo on a desktop only."""
    await both(books, notices, telegram=2, zalo_hours=1)
    campaign = await books.campaign(state=RUNNING)
    await books.write(await books.claim(account_id=await zalo(books)), SENT, refs=("z1",))
    await heard(books, campaign)
    this = t.delivery.c.campaign_id == campaign.campaign_id
    async with books.database.write() as tx:
        silenced = this if who == "the channel" else ~this
        await tx.connection.execute(t.delivery.update().where(silenced).values(received_at=None))
    assert await silent(books, after=25 * HOUR) == 0
