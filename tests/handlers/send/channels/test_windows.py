"""Her own word opens the window: what waited for it, and what is noted of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from outreach.contacts.windows import Windows
from outreach.messaging import (
    AccountId,
    Address,
    ChannelName,
    ContactId,
    IncomingKind,
    Notice,
    Replies,
    Reply,
)
from outreach.outbox import HELD_FOR, RESEND_WITHIN, Target
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW, TestClock
from tests.handlers.conftest import Phone, Stage
from tests.handlers.send.channels.conftest import HOUR, Composed, MakeOfficer, Person, word
from tests.handlers.send.conftest import Office


async def test_a_word_is_noted_every_quarter_of_an_hour_and_a_block_is_none(
    stage: Stage, database: Database, clock: TestClock, zalo_id: AccountId, on_zalo: Person
) -> None:
    await on_zalo("z", hours=30)
    address = Address(account_id=zalo_id, external_id="z")

    async def noted() -> timedelta:
        async with database.read() as tx:
            at = (await tx.contacts.known(address)).interacted_at
        assert at
        return at - NOW

    for kind in (IncomingKind.BLOCKED, IncomingKind.UNBLOCKED, IncomingKind.ELSEWHERE):
        await word(stage.router, zalo_id, "z", kind=kind)
    assert await noted() == -30 * HOUR
    await word(stage.router, zalo_id, "z", sent_at=NOW - HOUR)  # it came late: what counts is when she wrote
    assert await noted() == -HOUR
    await word(stage.router, zalo_id, "z", kind=IncomingKind.START, text="")
    assert await noted() == timedelta()
    clock.advance(minutes=14)
    await word(stage.router, zalo_id, "z")
    assert await noted() == timedelta()
    clock.advance(minutes=1)
    await word(stage.router, zalo_id, "z")
    assert await noted() == timedelta(minutes=15)


@pytest.mark.parametrize("follow_opens", [True, False])
async def test_whether_following_opens_it_is_a_setting(
    stage: Stage, database: Database, zalo_id: AccountId, on_zalo: Person, follow_opens: bool
) -> None:
    stage.router.world = replace(stage.router.world, windows=Windows(follow_opens=follow_opens))
    await on_zalo("z", hours=60)

    async def hours_ago() -> float:
        async with database.read() as tx:
            at = (await tx.contacts.known(Address(account_id=zalo_id, external_id="z"))).interacted_at
        assert at
        return (NOW - at) / HOUR

    async def held() -> int:
        async with database.read() as tx:
            return int((await tx.connection.execute(select(func.count()).where(t.outbox.c.held))).scalar_one())

    await word(stage.router, zalo_id, "z", kind=IncomingKind.START, text="")
    assert await hours_ago() == (0 if follow_opens else 60)
    assert (await held() > 0) == (not follow_opens), "what would cost waits"
    await word(stage.router, zalo_id, "z")
    assert (await hours_ago(), await held()) == (0, 0)


async def test_a_usual_turn_costs_nothing_more(
    stage: Stage, database: Database, clock: TestClock, zalo_id: AccountId, on_zalo: Person
) -> None:
    await on_zalo("z", hours=1)
    await word(stage.router, zalo_id, "z")
    statements: list[str] = []
    event.listen(
        database.write_engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(str(args[2]))
    )
    clock.advance(minutes=5)
    await word(stage.router, zalo_id, "z")
    assert not [one for one in statements if "interacted_at=" in one or "delivery" in one or "held=" in one]


async def test_a_stranger_s_word_opens_her_window(stage: Stage, database: Database, zalo_id: AccountId) -> None:
    async with database.write() as tx:
        address = Address(account_id=zalo_id, external_id="new")
        await tx.contacts.create(address, source="", at=NOW)
        assert (await tx.contacts.known(address)).interacted_at == NOW
        address = Address(account_id=zalo_id, external_id="appointed by the command line")
        await tx.contacts.create(address, source="", at=NOW, spoke=False)
        assert (await tx.contacts.known(address)).interacted_at is None


@pytest.mark.usefixtures("people")
async def test_what_she_missed_is_handed_over_when_she_writes(
    office: Office, officer: MakeOfficer, composed: Composed, database: Database, zalo_id: AccountId
) -> None:
    phone = await composed(await officer())
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    statements: list[str] = []
    event.listen(
        database.write_engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(str(args[2]))
    )
    await word(office.stage.router, zalo_id, "z4")  # silent for 300 hours
    held = [one.split()[1] for one in statements if one.startswith(("UPDATE campaign ", "UPDATE address "))]
    assert held == ["campaign", "address"], "the other way round she and a lane would wait for each other"
    await word(office.stage.router, zalo_id, "z0")  # for one
    async with database.read() as tx:
        rows = select(t.address.c.external_id).join(t.delivery, t.delivery.c.address_id == t.address.c.id)
        handed = rows.where(t.delivery.c.reason == "handed_over", t.delivery.c.state == "pending")
        assert list((await tx.connection.execute(handed)).scalars()) == ["z4"]


async def test_a_word_of_the_staff_s_opens_no_window(
    stage: Stage, database: Database, zalo_id: AccountId, on_zalo: Person
) -> None:
    """They may write for a year; what the bot says of it would cost money."""

    async def held() -> int:
        async with database.read() as tx:
            return len((await tx.connection.execute(select(t.outbox.c.id).where(t.outbox.c.held))).all())

    for name, hours, waits in (("near", 1, 0), ("far", 60, 1)):
        await on_zalo(name, hours=hours)
        await word(stage.router, zalo_id, name, kind=IncomingKind.STAFF, text="")
        assert await held() == waits
    await word(stage.router, zalo_id, "far", text="bot")
    assert await held() == 0


async def _notice(stage: Stage, contact_id: ContactId, *texts: str, about: Phone) -> None:
    """Of somebody else's turn."""

    async def handle(_turn: object) -> Replies:
        return Replies(notices=tuple(Notice(contact_id=contact_id, reply=Reply(text=text)) for text in texts))

    await stage.router.take_up(about.address, channel=ChannelName.TELEGRAM, handle=handle)


async def test_a_notice_waits_for_her_word_and_comes_before_its_answer(
    stage: Stage, database: Database, clock: TestClock, young: Phone, zalo_id: AccountId, on_zalo: Person
) -> None:
    contact_id = await on_zalo("z", hours=50)
    phone = stage.phone("z")
    await _notice(stage, contact_id, "Hồ sơ đã tới tay", "Hồ sơ đã được chọn", about=young)
    assert not phone.inbox
    clock.advance(days=20)
    async with database.write() as tx:
        assert not await tx.outbox.pending(since=NOW, limit=9)
        await tx.outbox.purge(before=clock() - timedelta(days=1))
    await word(stage.router, zalo_id, "z")
    assert [reply.text for reply in phone.inbox[:2]] == ["Hồ sơ đã tới tay", "Hồ sơ đã được chọn"]
    assert len(phone.inbox) > 2
    async with database.read() as tx:  # and is sent again after a crash, like every promise
        assert len(await tx.outbox.pending(since=clock() - RESEND_WITHIN, limit=9)) == len(phone.inbox)
    clock.advance(hours=60)
    await word(stage.router, zalo_id, "z")
    assert [reply.text for reply in phone.inbox].count("Hồ sơ đã tới tay") == 1


@pytest.mark.parametrize(("hours", "comes"), [(47, True), (49, False), (400, False)])
async def test_what_no_word_of_hers_began_waits_like_a_notice(
    stage: Stage, zalo_id: AccountId, on_zalo: Person, hours: int, *, comes: bool
) -> None:
    """A file was read, a campaign has news: it must not cost, either."""
    await on_zalo("z", hours=hours)
    phone, address = stage.phone("z"), Address(account_id=zalo_id, external_id="z")

    async def handle(_turn: object) -> Replies:
        return Replies(messages=(Reply(text="Đã gửi xong"),))

    await stage.router.take_up(address, channel=ChannelName.ZALO_OA, handle=handle)
    assert [reply.text for reply in phone.inbox] == ["Đã gửi xong"] * comes
    await word(stage.router, zalo_id, "z")
    assert [reply.text for reply in phone.inbox].count("Đã gửi xong") == 1


async def test_a_notice_that_nobody_came_for_goes_after_a_month(
    stage: Stage, database: Database, young: Phone, on_zalo: Person
) -> None:
    contact_id = await on_zalo("z", hours=None)
    await _notice(stage, contact_id, "Hồ sơ đã tới tay", about=young)
    async with database.write() as tx:
        day = timedelta(days=1)
        assert await tx.outbox.purge(before=NOW + HELD_FOR - day) == 0
        assert await tx.outbox.purge(before=NOW + HELD_FOR + day) == 1


async def test_a_notice_takes_the_free_address_before_the_newest(
    stage: Stage, database: Database, young: Phone, zalo_id: AccountId, on_zalo: Person
) -> None:
    contact_id = await on_zalo("z", hours=60)
    async with database.write() as tx:
        known = await tx.contacts.known(young.address)
        assert known.contact
        hers = t.address.c.contact_id == contact_id
        await tx.connection.execute(t.address.update().where(hers).values(contact_id=known.contact.contact_id))
        target = Target(contact_id=known.contact.contact_id)
        rows = await tx.outbox.add([(target, Reply(text="Báo tin"))], at=NOW)
        assert [row.address for row in rows] == [young.address]
        await tx.connection.execute(
            t.address.update().where(t.address.c.external_id == "z").values(interacted_at=NOW + HOUR)
        )
        rows = await tx.outbox.add([(target, Reply(text="Báo tin"))], at=NOW)
        assert [row.address.account_id for row in rows] == [zalo_id]
