"""What was taken comes out as it went in, in its order, once, and lies sealed meanwhile."""

from datetime import timedelta

from sqlalchemy import text

from outreach.messaging import AccountId, Address, Attachment, AttachmentKind, ChannelName, Incoming, IncomingKind
from storage.database import Database
from tests.conftest import NOW


def incoming(account_id: AccountId, update_id: str, *, external_id: str = "2000000000000000001") -> Incoming:
    return Incoming(
        update_id=update_id,
        address=Address(account_id=account_id, external_id=external_id),
        channel=ChannelName.ZALO_OA,
        kind=IncomingKind.MEDIA,
        sent_at=NOW,
        text="giấy khen",
        message_ref=update_id,
        attachments=(Attachment(kind=AttachmentKind.FILE, ref="https://f.zdn.vn/a", unique="u", name="a.pdf", size=7),),
        links=("https://example.vn",),
    )


async def test_out_as_it_went_in(database: Database, account_id: AccountId) -> None:
    first, second = incoming(account_id, "m1"), incoming(account_id, "m2")
    async with database.write() as tx:
        for one in (first, second, first):
            await tx.inbox.add(one, at=NOW)
    async with database.read() as tx:
        assert not await tx.inbox.waiting(before=NOW, limit=10), "not old enough"
        found = await tx.inbox.waiting(before=NOW + timedelta(seconds=1), limit=10)
        rest = await tx.inbox.waiting(before=NOW + timedelta(seconds=1), limit=10, after=found[0].inbox_id)
        raw = (await tx.connection.execute(text("SELECT body FROM inbox"))).scalars().all()
    assert [one.incoming for one in found] == [first, second]
    assert [one.incoming for one in rest] == [second]
    assert {one.received_at for one in found} == {NOW}
    assert not any("giấy khen".encode() in body for body in raw)


async def test_gone_when_handled_or_too_old(database: Database, account_id: AccountId) -> None:
    first, second = incoming(account_id, "m1"), incoming(account_id, "m2")
    async with database.write() as tx:
        await tx.inbox.add(first, at=NOW)
        await tx.inbox.add(second, at=NOW + timedelta(hours=1))
        await tx.inbox.remove(first)
        assert await tx.inbox.drop(before=NOW + timedelta(hours=1)) == 0
        assert await tx.inbox.drop(before=NOW + timedelta(hours=2)) == 1
        assert not await tx.inbox.waiting(before=NOW + timedelta(days=1), limit=10)


async def test_what_one_person_said_is_forgotten_and_nobody_elses(database: Database, account_id: AccountId) -> None:
    hers, her_next, other = (
        incoming(account_id, "m1", external_id="1"),
        incoming(account_id, "m2", external_id="1"),
        incoming(account_id, "m3", external_id="2"),
    )
    async with database.write() as tx:
        for one in (hers, her_next, other):
            await tx.inbox.add(one, at=NOW)
        await tx.inbox.forget(hers.address)
        found = await tx.inbox.waiting(before=NOW + timedelta(days=1), limit=10)
    assert [one.incoming for one in found] == [other]
