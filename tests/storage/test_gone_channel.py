"""A channel that was taken out of the settings: what waits for it ends, by another way or with the reason."""

from collections.abc import Awaitable, Callable

from outreach.campaigns.advance import advance_campaigns
from outreach.campaigns.model import Campaign, CampaignState, DeliveryState
from outreach.contacts.model import Consent
from outreach.messaging import AccountId
from outreach.officers import System
from outreach.pack import Pack
from tests.storage.conftest import Books
from tests.storage.two_channels import both, legs, names, zalo

Campaigns = Callable[..., Awaitable[Campaign]]


async def beat(books: Books, pack: Pack, *, gone: AccountId) -> list[int]:
    ended = await advance_campaigns(
        System(name="clock"), transactions=books.database, pack=pack, now=books.clock(), gone=[gone]
    )
    await books.check()
    return list(ended)


async def test_the_campaign_goes_on_where_it_can_and_ends(
    books: Books, campaign: Campaigns, account_id: AccountId, notices: Consent, langson: Pack
) -> None:
    await books.person(external_id="alone")
    await both(books, notices, telegram=1, zalo_hours=2)
    made = await campaign(state=CampaignState.RUNNING)
    await beat(books, langson, gone=account_id)
    assert sorted(await legs(books)) == [
        (1, "replaced", "channel_gone", "telegram"),
        (1, "skipped", "channel_gone", "alone"),
        (2, "pending", "", "zalo"),
    ]
    claimed = await books.claim(account_id=await zalo(books))
    assert names(claimed) == ["zalo"]
    await books.write(claimed)
    assert await beat(books, langson, gone=account_id) == [made.campaign_id]


async def test_what_was_on_its_way_there_is_unknown_once_nobody_can_be_at_it(
    books: Books, campaign: Campaigns, account_id: AccountId, langson: Pack
) -> None:
    await books.person()
    made = await campaign(state=CampaignState.RUNNING)
    assert len(await books.claim()) == 1
    left = books.clock()
    assert await beat(books, langson, gone=account_id) == []
    books.clock.advance(minutes=11)
    assert await beat(books, langson, gone=account_id) == [made.campaign_id]
    async with books.database.read() as tx:
        [row] = await tx.ledger_reports.rows(made.campaign_id, after=0, limit=9)
    assert (row.state, row.reason, row.at) == (DeliveryState.UNKNOWN, "interrupted", left)


async def test_a_campaign_that_is_paused_waits_for_its_officer(
    books: Books, campaign: Campaigns, account_id: AccountId, langson: Pack
) -> None:
    await books.person()
    made = await campaign(state=CampaignState.RUNNING)
    await books.move(made, CampaignState.PAUSED)
    await beat(books, langson, gone=account_id)
    assert await books.reasons(made) == {(DeliveryState.PENDING, ""): 1}
