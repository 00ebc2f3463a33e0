"""What a person sees of herself, and what became of a message to her; on both engines."""

from collections.abc import Awaitable, Callable

from outreach.campaigns.model import Campaign, CampaignState, DeliveryState
from outreach.messaging import ContactId
from outreach.pack import Pack
from outreach.reach.model import Tier
from storage.database import Database
from tests.conftest import NOW

People = Callable[..., Awaitable[ContactId]]
Campaigns = Callable[..., Awaitable[Campaign]]


async def test_everything_about_a_person_and_nothing_about_others(
    database: Database, person: People, campaign: Campaigns, langson: Pack
) -> None:
    own, other = await person(unit="06325", external_id="501"), await person(unit="06325")
    sent = await campaign(state=CampaignState.RUNNING)
    async with database.write() as tx:
        periods = await tx.reach.ensure_periods(langson.periods_on(NOW.date()))
        for people, tier in (([own, other], Tier.ACCEPTED), ([own], Tier.READ)):
            await tx.reach.record(
                people, tier=tier, periods=periods, youth=langson.ages.youth, campaign_id=None, turns=1, at=NOW
            )
        for contact_id in (own, other):
            await tx.questions.ask(contact_id, unit_id=None, text=f"question of {contact_id}", at=NOW)
    async with database.read() as tx:
        held = await tx.holdings.of(own)
        nothing = await tx.holdings.of(ContactId(99_999))
    assert [(one.channel, one.external_id) for one in held.addresses] == [("telegram", "501")]
    assert len(held.consents) == 1
    assert [(one.title, one.state) for one in held.deliveries] == [(sent.content.title, "pending")]
    assert len(held.evidence) == len(periods) == 4
    assert {(one.informed_at, one.read_at, one.turns) for one in held.evidence} == {(NOW, NOW, 2)}
    assert [one.text for one in held.questions] == [f"question of {own}"]
    assert held.nominations == 0
    assert not any((nothing.addresses, nothing.consents, nothing.deliveries, nothing.evidence, nothing.questions))


async def test_what_became_of_a_campaign_s_message_to_a_person(
    database: Database, person: People, campaign: Campaigns
) -> None:
    own = await person()
    sent = await campaign(state=CampaignState.RUNNING)
    late = await person()
    async with database.read() as tx:
        assert await tx.campaigns.received(sent.campaign_id, contact_id=own) == (sent, DeliveryState.PENDING)
        assert await tx.campaigns.received(sent.campaign_id, contact_id=late) == (sent, None)
        gone = await tx.campaigns.received(type(sent.campaign_id)(999), contact_id=own)
    assert gone is None
