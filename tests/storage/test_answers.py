"""The first answer stands, counts are people, and an erased person leaves her answer without herself."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from sqlalchemy import select

from outreach.campaigns.model import Campaign
from outreach.campaigns.ports.media import MediaState
from outreach.messaging import AccountId, Attachment, AttachmentKind, ContactId
from storage import tables as t
from storage.database import Database
from tests.conftest import TestClock

MakeCampaign = Callable[..., Awaitable[Campaign]]
MakePerson = Callable[..., Awaitable[ContactId]]


async def test_the_first_answer_stands(
    database: Database, campaign: MakeCampaign, person: MakePerson, clock: TestClock
) -> None:
    number = (await campaign()).campaign_id
    an, binh = await person(external_id="1"), await person(external_id="2")
    async with database.write() as tx:
        put = tx.answers.put
        assert await put(number, contact_id=an, option=1, at=clock()) == 1
        assert await put(number, contact_id=an, option=0, at=clock()) == 1
        assert await put(number, contact_id=binh, option=0, at=clock()) == 0
        assert await tx.answers.counts(number) == {0: 1, 1: 1}
        await tx.contacts.erase(an, at=clock())
        assert await tx.answers.counts(number) == {0: 1, 1: 1}
        left = (await tx.connection.execute(select(t.campaign_answer.c.contact_id))).scalars()
        assert set(left) == {None, binh}


async def test_a_file_is_wanted_until_it_is_stored_or_refused(
    database: Database, campaign: MakeCampaign, account_id: AccountId, clock: TestClock
) -> None:
    made = await campaign()
    photo = Attachment(kind=AttachmentKind.PHOTO, ref="r1", unique="u1", size=10)
    async with database.write() as tx:
        add = partial(tx.media.add, campaign_id=made.campaign_id, account_id=account_id, by=made.created_by, at=clock())
        first = await add(photo, name="anh-1.jpg")
        second = await add(photo, name="anh-2.jpg")
        claimed = await tx.media.claim_wanted(now=clock(), limit=5)
        assert [(row.media.media_id, row.attempts) for row in claimed] == [(first, 1), (second, 1)]
        assert not await tx.media.any_wanted(now=clock())  # put off, so that a crash is only a late try
        stored = replace(claimed[0].media, name="anh-1.png", size=99)
        await tx.media.mark_stored(stored, content_hash="a" * 64, media_type="image/png")
        await tx.media.mark_refused(second, reason="damaged")
        assert await tx.media.states([first, second]) == {first: MediaState.STORED, second: MediaState.REFUSED}
        row = await tx.media.get(first)
        assert row
        assert (row.media, row.content_hash) == (stored, "a" * 64)
        clock.advance(hours=9)
        assert not await tx.media.any_wanted(now=clock())


async def test_an_account_knows_a_file_by_its_own_name(
    database: Database, campaign: MakeCampaign, account_id: AccountId, clock: TestClock
) -> None:
    made = await campaign()
    photo = Attachment(kind=AttachmentKind.PHOTO, ref="r1", unique="u1")
    async with database.write() as tx:
        media_id = await tx.media.add(
            photo, name="a.jpg", campaign_id=made.campaign_id, account_id=account_id, by=made.created_by, at=clock()
        )
        assert await tx.media.ref(media_id, account_id=account_id) == ""
        for name in ("x", "y"):
            await tx.media.keep_ref(media_id, account_id=account_id, ref=name)
        await tx.media.drop_ref(media_id, account_id=account_id, ref="x")  # an older one: the newer stays
        assert await tx.media.ref(media_id, account_id=account_id) == "y"
        await tx.media.drop_ref(media_id, account_id=account_id, ref="y")
        assert await tx.media.ref(media_id, account_id=account_id) == ""
