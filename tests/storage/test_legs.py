"""The second way to a person: another address of hers, or her own next word. Counters always equal rows."""

from dataclasses import replace
from itertools import count

import pytest
from sqlalchemy import select

from outreach.campaigns.model import Audience, AudienceKind, Campaign, CampaignState, Delivery, DeliveryState
from outreach.campaigns.outcomes import outcome_of
from outreach.contacts.model import Consent
from outreach.dialogue import Dialogue
from outreach.messaging import AccountId, Address, ChannelName, ContactId, SendError, SendErrorKind
from storage import tables as t
from tests.storage.conftest import Books
from tests.storage.two_channels import HOUR, add_address, both, legs, names, set_reachable, spoke, zalo

RUNNING, FINISHED = CampaignState.RUNNING, CampaignState.FINISHED
SENT, SKIPPED, FAILED = DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.FAILED
_numbers = count(1)


async def tally(books: Books, campaign: Campaign) -> dict[str, int]:
    async with books.database.read() as tx:
        found = await tx.campaigns.get(campaign.campaign_id)
    assert found
    return {"total": found.tally.total, "meant": found.tally.meant, "replaced": found.tally.replaced}


async def gone(books: Books, claimed: list[Delivery]) -> None:
    await books.write(claimed, FAILED, reason="blocked", error=SendErrorKind.GONE)


async def test_who_has_left_there_gets_it_here_and_is_counted_once(books: Books, notices: Consent) -> None:
    await both(books, notices, telegram=1, zalo_hours=2)
    campaign = await books.campaign(state=RUNNING)
    claimed = await books.claim()
    assert names(claimed) == ["telegram"]
    await gone(books, claimed)
    assert await legs(books) == [(1, "replaced", "blocked", "telegram"), (2, "pending", "", "zalo")]
    assert await tally(books, campaign) == {"total": 2, "meant": 1, "replaced": 1}
    second = await books.claim(account_id=await zalo(books))
    assert names(second) == ["zalo"]
    assert not second[0].again
    await gone(books, second)  # and never a third
    assert await legs(books) == [(1, "replaced", "blocked", "telegram"), (2, "failed", "blocked", "zalo")]
    async with books.database.read() as tx:
        assert await tx.watching.by_unit(campaign.campaign_id) == [(None, 0, 1)]


@pytest.mark.parametrize("trouble", ["no consent", "unreachable", "closed", "would cost", "cancelled", "nobody else"])
async def test_there_is_no_second_leg_to_where_nothing_may_go(books: Books, notices: Consent, trouble: str) -> None:
    hours = {"closed": 400, "would cost": 60}.get(trouble, 1)
    contact_id = await books.person(external_id="telegram")
    await spoke(books, "telegram", books.clock())
    if trouble != "nobody else":
        await add_address(
            books,
            contact_id,
            account_id=await zalo(books),
            external_id="zalo",
            interacted_at=books.clock() - hours * HOUR,
            consent=None if trouble == "no consent" else notices,
        )
    campaign = await books.campaign(state=RUNNING)
    claimed = await books.claim()
    assert names(claimed) == ["telegram"]
    if trouble == "unreachable":
        await set_reachable(books, "zalo", reachable=False)
    if trouble == "cancelled":
        await books.move(campaign, CampaignState.CANCELLED)
    await gone(books, claimed)
    assert await legs(books) == [(1, "failed", "blocked", "telegram")]


@pytest.mark.parametrize(
    ("error", "reason", "attempts", "goes"),
    [
        (SendErrorKind.REFUSED, "internal", 4, False),
        (SendErrorKind.REFUSED, "internal", 5, True),
        (SendErrorKind.MOVED, "moved", 1, True),
        (SendErrorKind.OUR_FAULT, "type_unsupported", 1, True),
        (SendErrorKind.OUR_FAULT, "render_failed", 1, False),
        (SendErrorKind.UNKNOWN, "timeout", 1, False),
    ],
)
async def test_after_a_failure_the_other_channel_is_tried(
    books: Books, notices: Consent, error: SendErrorKind, reason: str, attempts: int, *, goes: bool
) -> None:
    await both(books, notices, telegram=1, zalo_hours=2)
    await books.campaign(state=RUNNING)
    [claimed] = await books.claim()
    outcome = outcome_of(replace(claimed, attempts=attempts), error=SendError(error, reason), at=books.clock())
    async with books.database.write() as tx:
        await tx.ledger.write_outcomes([outcome], lease=books.lease, at=books.clock())
    await books.check()
    first, *second = await legs(books)
    assert (first[1] == "replaced", second == [(2, "pending", "", "zalo")]) == (goes, goes)


async def test_an_unknown_one_never_goes_elsewhere_by_itself(books: Books, notices: Consent) -> None:
    await both(books, notices, telegram=1, zalo_hours=2)
    await books.campaign(state=RUNNING)
    await books.write(await books.claim(), DeliveryState.UNKNOWN, reason="timeout")
    assert await legs(books) == [(1, "unknown", "timeout", "telegram")]


async def test_whose_window_has_closed_meanwhile_gets_it_elsewhere(books: Books, notices: Consent) -> None:
    await both(books, notices, telegram=2, zalo_hours=1)
    await books.campaign(state=RUNNING)
    await spoke(books, "zalo", books.clock() - 300 * HOUR)
    assert not await books.claim(account_id=await zalo(books))
    assert await legs(books) == [(1, "replaced", "outside_window", "zalo"), (2, "pending", "", "telegram")]
    assert names(await books.claim()) == ["telegram"]


async def missed(books: Books, how_many: int) -> tuple[ContactId, list[Campaign]]:
    """Somebody on Zalo who has not written for long, and campaigns that could not be sent to her."""
    contact_id = await books.person(external_id="zalo")
    account_id = await zalo(books)
    async with books.database.write() as tx:
        await tx.connection.execute(t.address.update().values(account_id=account_id))
    await spoke(books, "zalo", books.clock() - 300 * HOUR)
    campaigns = []
    for _ in range(how_many):
        campaign = await books.campaign(state=RUNNING)
        assert not await books.claim(account_id=account_id)
        await books.move(campaign, FINISHED)
        campaigns.append(campaign)
        books.clock.advance(hours=1)
    return contact_id, campaigns


async def hand_over(books: Books, contact_id: ContactId) -> int:
    address = Address(account_id=await zalo(books), external_id="zalo")
    await spoke(books, "zalo", books.clock())
    async with books.database.write() as tx:
        handed = await tx.legs.hand_over(contact_id, address=address, at=books.clock())
    await books.check()
    return handed


async def test_who_writes_again_gets_the_newest_two_of_what_she_missed(books: Books) -> None:
    contact_id, campaigns = await missed(books, 3)
    assert await hand_over(books, contact_id) == 2
    assert [(state, reason) for _, state, reason, _ in await legs(books)] == [
        ("skipped", "outside_window"),
        ("pending", "handed_over"),
        ("pending", "handed_over"),
    ]
    assert not await books.claim(account_id=await zalo(books))  # what answers her word goes first
    books.clock.advance(seconds=10)
    account_id = await zalo(books)
    first, second = [await books.claim(account_id=account_id) for _ in range(2)]  # one after the other
    claimed = first + second
    assert [one.campaign_id for one in claimed] == [campaigns[1].campaign_id, campaigns[2].campaign_id]
    await books.write(claimed, SENT, refs=("1",))
    async with books.database.read() as tx:
        states = (await tx.connection.execute(select(t.campaign.c.state))).scalars().all()
    assert set(states) == {FINISHED}
    assert await hand_over(books, contact_id) == 1  # the first, when she writes another time


@pytest.mark.parametrize("why", ["cancelled", "taken back", "corrected", "a month ago", "another reason"])
async def test_nothing_is_handed_over_that_nobody_should_get_any_more(books: Books, why: str) -> None:
    contact_id, campaigns = await missed(books, 1)
    this = t.campaign.c.id == campaigns[0].campaign_id
    async with books.database.write() as tx:
        if why == "cancelled":
            await tx.connection.execute(t.campaign.update().where(this).values(state=CampaignState.CANCELLED))
        if why == "taken back":
            await tx.connection.execute(t.campaign.update().where(this).values(recall_after=0))
        if why == "another reason":
            await tx.connection.execute(t.delivery.update().values(reason="week_full"))
    if why == "corrected":
        audience = Audience(kind=AudienceKind.RECEIVED, corrects=campaigns[0].campaign_id)
        await books.campaign(state=RUNNING, audience=audience)
    if why == "a month ago":
        books.clock.advance(days=31)
    assert await hand_over(books, contact_id) == 0


async def test_it_waits_for_a_word_where_she_has_agreed_to_get_news(books: Books) -> None:
    contact_id, _ = await missed(books, 1)
    about = {"account_id": books.account_id, "external_id": "telegram"}
    await add_address(books, contact_id, interacted_at=None, consent=None, **about)  # type: ignore[arg-type]  # a bag of keywords
    async with books.database.write() as tx:
        assert await tx.legs.hand_over(contact_id, address=Address(**about), at=books.clock()) == 0  # type: ignore[arg-type]  # the same
    assert await hand_over(books, contact_id) == 1


async def test_what_was_handed_over_waits_for_the_end_of_her_conversation(books: Books) -> None:
    contact_id, _ = await missed(books, 1)
    books.clock.advance(days=2)
    at = books.clock()
    async with books.database.write() as tx:
        dialogue = Dialogue(flow="nominate", version=1, step="name", started_at=at, answered_at=at)
        await tx.dialogues.save(contact_id, dialogue=dialogue)
    assert await hand_over(books, contact_id) == 1
    books.clock.advance(minutes=1)
    assert not await books.claim(account_id=await zalo(books))
    books.clock.advance(minutes=30)
    assert names(await books.claim(account_id=await zalo(books))) == ["zalo"]


async def test_a_campaign_waits_while_staff_speak_with_her(books: Books) -> None:
    await books.person(external_id="a")
    await books.campaign(state=RUNNING)
    until = books.clock() + 12 * HOUR
    async with books.database.write() as tx:
        await tx.connection.execute(t.address.update().values(staff_until=until))
    assert not await books.claim()
    books.clock.advance(hours=11)
    assert not await books.claim()
    books.clock.advance(hours=1)
    assert names(await books.claim()) == ["a"]


async def test_the_consent_and_the_week_are_looked_at_again(books: Books) -> None:
    contact_id, campaigns = await missed(books, 1)
    assert await hand_over(books, contact_id) == 1
    books.clock.advance(minutes=1)
    assert not await books.claim(account_id=await zalo(books), per_week=0)
    assert (await books.reasons(campaigns[0])) == {(SKIPPED, "week_full"): 1}


async def test_a_refused_account_is_asked_again_an_hour_later_where_nobody_watches(books: Books) -> None:
    contact_id, _ = await missed(books, 1)
    await hand_over(books, contact_id)
    books.clock.advance(minutes=1)
    claimed = await books.claim(account_id=await zalo(books))
    await books.write(claimed, DeliveryState.PENDING, reason="quota_used", error=SendErrorKind.EXHAUSTED, counted=False)
    assert not await books.claim(account_id=await zalo(books))
    books.clock.advance(hours=1)
    assert len(await books.claim(account_id=await zalo(books))) == 1


async def test_a_lane_stands_still_alone_as_long_as_another_goes_on(books: Books, notices: Consent) -> None:
    account_id = await zalo(books)
    for number in range(2):
        contact_id = await books.person(external_id=f"telegram {number}")
        await spoke(books, f"telegram {number}", books.clock())
        if number:
            await add_address(
                books,
                contact_id,
                account_id=account_id,
                external_id="zalo",
                interacted_at=books.clock() + HOUR,
                consent=notices,
            )
    campaign = await books.campaign(state=RUNNING)

    async def halt(account: AccountId) -> bool:
        async with books.database.write() as tx:
            return await tx.lanes.halt(campaign.campaign_id, account_id=account, reason="quota_used", at=books.clock())

    async def stuck() -> list[str]:
        async with books.database.read() as tx:
            return [halt.reason for halt in await tx.lanes.stuck()]

    assert await halt(account_id)
    assert await halt(account_id)
    assert not await books.claim(account_id=account_id)
    assert not await stuck()
    claimed = await books.claim()
    assert names(claimed) == ["telegram 0"]
    await books.write(claimed, SENT)
    assert await stuck() == ["quota_used"]
    assert not await halt(account_id)
    async with books.database.write() as tx:
        assert [(one.channel, one.reason) for one in await tx.lanes.halted(campaign.campaign_id)] == [
            ("zalo_oa", "quota_used")
        ]
        assert await tx.lanes.lift(campaign.campaign_id)
        assert not await tx.lanes.lift(campaign.campaign_id)
    assert names(await books.claim(account_id=account_id)) == ["zalo"]


async def test_no_lane_stands_still_where_nobody_would_let_it_go_again(books: Books, notices: Consent) -> None:
    """Of a campaign that is over but for what was handed over."""
    await both(books, notices, zalo_hours=1)
    await books.person(external_id="telegram alone")
    campaign = await books.campaign(state=RUNNING)
    async with books.database.write() as tx:
        await tx.connection.execute(t.campaign.update().values(state=FINISHED))
        account_id = await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="9", name="OA")
        assert not await tx.lanes.halt(campaign.campaign_id, account_id=account_id, reason="x", at=books.clock())
        assert await tx.lanes.halted(campaign.campaign_id) == []
