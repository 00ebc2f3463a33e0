"""A rule reaches no further than its officer: refused when it is set, when it is counted and when it is sent."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from outreach.campaigns import compose
from outreach.campaigns.audience import campaigns_to_name, names_in, sources_to_choose
from outreach.campaigns.estimate import count_audience, people_without
from outreach.campaigns.model import Audience, Campaign, CampaignState
from outreach.errors import InvalidAnswerError, NotFoundError, OutreachError, PermissionDeniedError
from outreach.messaging import CampaignId, ContactId
from outreach.news.model import NewsDraft
from outreach.officers import Officer, Role
from outreach.pack import Pack
from outreach.transaction import Transaction
from outreach.units import UnitId
from storage.database import Database
from tests.conftest import NOW

BAC_SON, DONG_KINH = "06325", "05977"
MakeOfficer = Callable[..., Awaitable[Officer]]
Person = Callable[..., Awaitable[ContactId]]


async def a_draft(tx: Transaction, actor: Officer) -> Campaign:
    words = NewsDraft(title=f"Tin của {actor.officer_id}", paragraphs=("Nội dung.",))
    item = await compose.save_news(actor, tx=tx, draft=words, at=NOW)
    return await compose.compose_campaign(actor, tx=tx, item=item, document="", at=NOW)


@pytest.fixture
async def hers(officer: MakeOfficer) -> Officer:
    return await officer(Role.OFFICER, unit=BAC_SON)


async def test_a_commune_s_rule_stays_in_the_commune(
    database: Database,
    officer: MakeOfficer,
    person: Person,
    hers: Officer,
    langson: Pack,
    units: dict[str, UnitId],
    campaign: Callable[..., Awaitable[Campaign]],
) -> None:
    await person(unit=DONG_KINH, source="src_tet")
    provinces, boss = await campaign(state=CampaignState.RUNNING), await officer()
    async with database.write() as tx:
        made = await a_draft(tx, hers)
        number, own = made.campaign_id, made.audience
        wider = [
            replace(own, unit_ids=()),
            replace(own, unit_ids=(units[DONG_KINH],)),
            replace(own, unit_ids=(units[BAC_SON], units[DONG_KINH])),
            replace(own, not_received=provinces.campaign_id),
            replace(own, not_opened=provinces.campaign_id),
        ]
        for audience in wider:
            with pytest.raises(PermissionDeniedError):
                await compose.narrow_audience(hers, tx=tx, campaign_id=number, audience=audience)
            # Even a row that was widened behind its back is not sent.
            await tx.campaigns.edit(number, audience=audience)
            with pytest.raises(PermissionDeniedError):
                await compose.send_campaign(hers, tx=tx, campaign_id=number, at=NOW)
        for audience in wider[:3]:
            with pytest.raises(PermissionDeniedError):
                await count_audience(hers, tx=tx, audience=audience, campaign=made, pack=langson, at=NOW)
        # Nor does the province's officer put her own campaign into a commune's rule.
        with pytest.raises(PermissionDeniedError):
            await compose.narrow_audience(boss, tx=tx, campaign_id=number, audience=wider[3])
        assert await sources_to_choose(hers, tx=tx, campaign=made) == ({}, (await names_in(hers, tx=tx, campaign=made)))
        assert await campaigns_to_name(hers, tx=tx, campaign=made) == []


async def test_nobody_elses_draft_is_looked_into(
    database: Database, officer: MakeOfficer, hers: Officer, langson: Pack
) -> None:
    another = await officer(Role.OFFICER, unit=DONG_KINH)
    async with database.write() as tx:
        theirs = await a_draft(tx, another)
        for look in (names_in, sources_to_choose, campaigns_to_name):
            with pytest.raises(PermissionDeniedError):
                await look(hers, tx=tx, campaign=theirs)
        with pytest.raises(PermissionDeniedError):
            await people_without(hers, tx=tx, campaign=theirs, pack=langson, at=NOW)


@pytest.mark.parametrize(
    ("rule", "error", "code"),
    [
        (Audience(ages=(22, 16)), InvalidAnswerError, "audience_ages"),
        (Audience(ages=(0, 16)), InvalidAnswerError, "audience_ages"),
        (Audience(not_received=CampaignId(1)), InvalidAnswerError, "nobody_has_it"),
        (Audience(not_opened=CampaignId(999)), NotFoundError, "not_found"),
    ],
)
async def test_a_rule_that_means_nothing_is_refused(
    database: Database, officer: MakeOfficer, rule: Audience, error: type[OutreachError], code: str
) -> None:
    boss = await officer()
    async with database.write() as tx:
        made = await a_draft(tx, boss)  # campaign 1, which nobody has got
        with pytest.raises(error) as caught:
            await compose.narrow_audience(boss, tx=tx, campaign_id=made.campaign_id, audience=rule)
    assert caught.value.code == code


async def test_what_each_condition_takes_away(
    database: Database, officer: MakeOfficer, person: Person, hers: Officer, langson: Pack, units: dict[str, UnitId]
) -> None:
    """Her own unit is no condition to drop, the province's officer's is."""
    await person(unit=BAC_SON, birth_year=2000, source="src_tet")
    await person(unit=DONG_KINH, birth_year=2008, source="src_tet")
    for actor, without in ((hers, {"ages": 1, "sources": 0}), (await officer(), {"units": 1, "ages": 1, "sources": 0})):
        async with database.write() as tx:
            made = await a_draft(tx, actor)
            rule = Audience(unit_ids=(units[BAC_SON],), ages=(16, 22), sources=("src_tet",))
            made = await compose.narrow_audience(actor, tx=tx, campaign_id=made.campaign_id, audience=rule)
            assert await people_without(actor, tx=tx, campaign=made, pack=langson, at=NOW) == without
            counted = await count_audience(actor, tx=tx, audience=made.audience, campaign=made, pack=langson, at=NOW)
            assert counted.will_get == 0
