"""What an officer lets be sent again after a link, and after it was taken back."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from outreach.campaigns.model import Campaign, CampaignState, Content, DeliveryState
from outreach.messaging import AccountId, ContactId
from storage import tables as t
from tests.conftest import NOW
from tests.storage.conftest import Books
from tests.storage.test_links import link, set_states, undo

Campaigns = Callable[..., Awaitable[Campaign]]
S, K, U = DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.UNKNOWN


async def repeated(books: Books, campaign: Campaign) -> list[str]:
    """The officer lets the unknown ones be sent again; where they are sent."""
    async with books.database.write() as tx:
        await tx.ledger.resolve_unknown(campaign.campaign_id, repeat=True, at=books.clock())
        accounts = (await tx.connection.execute(select(t.account.c.id))).scalars().all()
    claimed = [one for account_id in accounts for one in await books.claim(account_id=AccountId(account_id))]
    return [delivery.address.external_id for delivery in claimed]


@pytest.mark.parametrize("own", [U, S])
async def test_what_is_repeated_to_the_one_joined_is_got_on_the_other(
    books: Books, pair: tuple[ContactId, ContactId], campaign: Campaigns, own: DeliveryState
) -> None:
    made = await campaign(state=CampaignState.RUNNING)
    await set_states(books.database, made, {pair[0]: own, pair[1]: U})
    await link(books.database, *pair)
    assert await repeated(books, made) == (["5001"] if own == U else [])
    assert (await books.reasons(made))[(K, "linked")] == 1


async def test_after_parting_each_gets_what_is_repeated_on_her_own(
    books: Books, pair: tuple[ContactId, ContactId], campaign: Campaigns
) -> None:
    kept, joined = pair
    made = await campaign(state=CampaignState.RUNNING)
    await set_states(books.database, made, {kept: U, joined: U})
    linked = await link(books.database, kept, joined)
    later = await campaign(state=CampaignState.RUNNING, content=Content(title="Tin sau", paragraphs=()))
    async with books.database.write() as tx:
        there = select(t.address.c.id, t.address.c.account_id).where(t.address.c.external_id == "5002")
        address = (await tx.connection.execute(there)).one()
        of_the_later = t.delivery.c.campaign_id == later.campaign_id
        values = {"address_id": address.id, "account_id": address.account_id, "changed_at": NOW - timedelta(days=9)}
        await tx.connection.execute(update(t.delivery).where(of_the_later).values(values))
    await set_states(books.database, later, {kept: U})
    await undo(books.database, linked)
    assert await repeated(books, later) == ["5001"]
    assert await repeated(books, made) == ["5001", "5002"]
