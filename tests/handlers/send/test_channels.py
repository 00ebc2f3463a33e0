"""An officer sends on two channels: what is said before, meanwhile and afterwards; and her own word opens the window."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from handlers.router import Router
from handlers.turn import Door, World
from outreach.contacts.windows import Windows
from outreach.messaging import (
    AccountId,
    Address,
    Capabilities,
    ChannelName,
    ContactId,
    Incoming,
    IncomingKind,
    Notice,
    Replies,
    Reply,
)
from outreach.officers import Officer, Role
from outreach.outbox import HELD_FOR, RESEND_WITHIN, Target
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW, TestClock
from tests.handlers.conftest import Phone, Stage
from tests.handlers.send.conftest import Office

Person = Callable[..., Awaitable[ContactId]]
MakeOfficer = Callable[..., Awaitable[Officer]]
Composed = Callable[[Officer], Awaitable[Phone]]
HOUR = timedelta(hours=1)
ZALO = Capabilities(
    max_text=2000,
    max_caption=0,
    max_payload_bytes=64,
    max_buttons=5,
    keyboard=False,
    edits=False,
    start_payload=False,
    windowed=True,
    receipts=True,
)


@pytest.fixture
async def zalo_id(database: Database) -> AccountId:
    async with database.write() as tx:
        return await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="9", name="OA", windowed=True)


@pytest.fixture
def world(world: World, zalo_id: AccountId) -> World:
    door = Door(
        channel=ChannelName.ZALO_OA,
        account_id=zalo_id,
        name="Loa Trẻ",
        capabilities=ZALO,
        link=lambda _word: "https://zalo.me/9",
        rate=100 / 60,
    )
    return replace(world, doors=(*world.doors, door))


@pytest.fixture
def on_zalo(database: Database, person: Person, zalo_id: AccountId) -> Callable[..., Awaitable[ContactId]]:
    """A factory of subscribers on Zalo alone, by the hours since their last word."""

    async def make(name: str, *, hours: float | None) -> ContactId:
        contact_id = await person(external_id=name, unit="06325")
        async with database.write() as tx:
            hers = t.address.c.external_id == name
            spoke = None if hours is None else NOW - hours * HOUR
            await tx.connection.execute(t.address.update().where(hers).values(account_id=zalo_id, interacted_at=spoke))
        return contact_id

    return make


@pytest.fixture
async def people(person: Person, on_zalo: Person) -> None:
    await person(external_id="700", unit="06325")
    for number, hours in enumerate((1, 2, 60, 200, 300)):
        await on_zalo(f"z{number}", hours=hours)


async def word(router: Router, account_id: AccountId, name: str, **about: object) -> None:
    address = Address(account_id=account_id, external_id=name)
    at = router.clock()
    plain = {"update_id": f"{name}{at}{about}", "kind": IncomingKind.TEXT, "text": "xin chào", "sent_at": at}
    await router.handle(Incoming(address=address, channel=ChannelName.ZALO_OA, **{**plain, **about}))  # type: ignore[arg-type]  # a bag of keywords


@pytest.mark.usefixtures("people")
async def test_the_last_look_tells_each_channel_and_what_it_costs(
    office: Office, database: Database, officer: MakeOfficer, composed: Composed
) -> None:
    phone = await composed(await officer())
    assert "Sẽ nhận: <b>3 người</b>" in phone.last.text
    assert "• Telegram: 1 người · 1 phút" in phone.last.text
    assert "• Zalo: miễn phí 2, không thể 2 (đã quá 7 ngày không nhắn) · 1 phút" in phone.last.text
    assert "Không gửi: 1 đã lâu không nhắn, gửi thì mất phí\n" in phone.last.text
    assert "sẽ gửi khi người đó nhắn lại" in phone.last.text
    assert "Khoảng 1 phút, xong lúc" in phone.last.text
    database.windows = Windows(ceiling_vnd=10_000)
    await phone.taps("Gửi thử cho tôi")
    await phone.taps("Hẹn giờ")
    await phone.taps("Quay lại")
    assert "• Zalo: miễn phí 2, mất phí 1 (55 đồng), không thể 2" in phone.last.text
    assert "Không gửi" not in phone.last.text


async def test_with_one_plain_channel_nothing_is_said_of_channels(
    office: Office, officer: MakeOfficer, composed: Composed, person: Person
) -> None:
    office.stage.router.world = replace(office.stage.router.world, doors=office.stage.router.world.doors[:1])
    await person(external_id="700")
    phone = await composed(await officer())
    assert "Telegram" not in phone.last.text


@pytest.mark.usefixtures("people")
async def test_a_plan_of_so_many_a_month_says_what_is_left(
    office: Office, officer: MakeOfficer, composed: Composed, database: Database, zalo_id: AccountId
) -> None:
    telegram, zalo = office.stage.router.world.doors
    office.stage.router.world = replace(office.stage.router.world, doors=(telegram, replace(zalo, monthly=3000)))
    async with database.write() as tx:
        await tx.spending.add(zalo_id, month="2026-10", messages=2_400)
        await tx.spending.add(zalo_id, month="2026-10", messages=100)
        await tx.spending.add(zalo_id, month="2026-09", messages=9)
    phone = await composed(await officer())
    assert "tháng này gửi được 500 tin nữa" in phone.last.text


@pytest.mark.usefixtures("people")
async def test_the_report_tells_each_channel_and_what_comes_next(
    office: Office, officer: MakeOfficer, composed: Composed, database: Database, zalo_id: AccountId
) -> None:
    phone = await composed(await officer())
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    channel = replace(office.channel, account_id=zalo_id, name=ChannelName.ZALO_OA, capabilities=ZALO, sent=[])
    plain, office.channel = office.channel, channel
    await office.deliver(2)
    office.channel = plain
    await office.dispatch()
    async with database.write() as tx:
        sent = t.delivery.c.account_id == zalo_id, t.delivery.c.state == "sent"
        await tx.connection.execute(t.delivery.update().where(*sent).values(received_at=office.clock()))
    await office.tick()
    assert "Đã lâu không nhắn: 3 (sẽ gửi khi người đó nhắn lại)" in phone.last.text
    assert "• Telegram: đã gửi 1\n" in phone.last.text
    assert "• Zalo: đã gửi 2, đã nhận 2, đã xem 0, chờ nhắn lại 3" in phone.last.text
    assert "Không gửi" not in phone.last.text


@pytest.mark.usefixtures("people")
async def test_a_channel_that_stands_still_is_told_and_let_go_on(
    office: Office, officer: MakeOfficer, composed: Composed, database: Database, zalo_id: AccountId
) -> None:
    phone = await composed(await officer())
    await phone.taps("Gửi")
    office.clock.advance(seconds=61)
    await office.tick()
    campaign = (await office.campaigns())[0]
    async with database.write() as tx:
        assert await tx.lanes.halt(campaign.campaign_id, account_id=zalo_id, reason="quota_used", at=office.clock())
    await office.tick()
    assert "<b>Zalo đang dừng</b>: đã dùng hết số tin của gói dịch vụ. Kênh khác vẫn gửi." in phone.last.text
    assert phone.labels[0] == "Gửi tiếp trên Zalo"
    await phone.taps("Gửi tiếp trên Zalo")
    assert "đang dừng" not in phone.last.text
    assert phone.toasts[-1] == "Gửi tiếp"


# An officer whose messenger cannot change a message


async def _zalo_officer(database: Database, office: Office, zalo_id: AccountId, officer: MakeOfficer) -> Phone:
    made = await officer(Role.ADMIN, external_id="boss")
    async with database.write() as tx:
        hers = t.address.c.contact_id == made.contact_id
        await tx.connection.execute(t.address.update().where(hers).values(account_id=zalo_id, interacted_at=NOW))
    office.news.channels = {door.account_id: door.channel for door in office.stage.router.world.doors}
    phone = office.stage.phone("boss")
    phone.address = Address(account_id=zalo_id, external_id="boss")
    return phone


@pytest.mark.usefixtures("people")
async def test_where_messages_cannot_be_changed_only_what_happens_is_told(
    office: Office,
    officer: MakeOfficer,
    database: Database,
    zalo_id: AccountId,
    campaign: Callable[..., Awaitable[object]],
) -> None:
    await campaign()  # its officer is the first that is made
    phone = await _zalo_officer(database, office, zalo_id, officer)
    async with database.write() as tx:
        boss = (await tx.contacts.known(phone.address)).officer
        assert boss
        await tx.connection.execute(t.campaign.update().values(created_by=boss.officer_id))
        made = (await tx.campaigns.list_recent(unit_id=None, limit=1))[0]
        await tx.campaigns.move(made.campaign_id, state="preparing", at=NOW, not_before=NOW)  # type: ignore[arg-type]  # the word as it is stored
    phone.inbox.clear()
    for _ in range(4):
        office.clock.advance(seconds=10)
        await office.tick()
    assert [reply.text for reply in phone.inbox] == ["Đang gửi: <b>0/3</b>"]
    await office.deliver(1)
    for _ in range(4):
        await office.tick()
    assert len(phone.inbox) == 1
    async with database.write() as tx:
        await tx.lanes.halt(made.campaign_id, account_id=office.channel.account_id, reason="logged_out", at=NOW)
    for _ in range(4):
        await office.tick()
    assert len(phone.inbox) == 2
    assert "<b>Telegram đang dừng</b>" in phone.last.text
    assert not phone.last.edits


async def test_only_what_can_be_deleted_is_offered_to_be_taken_back(
    office: Office, database: Database, officer: MakeOfficer, person: Person, composed: Composed, zalo_id: AccountId
) -> None:
    for number in range(3):
        await person(external_id=str(700 + number), unit="06325")
    phone = await composed(await officer())
    await phone.taps("Gửi")
    await office.send_out()

    async def by_zalo(people: int) -> None:
        some = select(t.delivery.c.id).order_by(t.delivery.c.id).limit(people)
        async with database.write() as tx:
            await tx.connection.execute(t.delivery.update().where(t.delivery.c.id.in_(some)).values(account_id=zalo_id))

    await by_zalo(2)
    await phone.taps("gui:report:1")
    asked = (await phone.taps("Thu hồi"))[0]
    assert "điện thoại của 1 người" in asked
    assert "2 tin trên Zalo thì ở lại" in asked
    assert phone.labels[0] == "Thu hồi 1 tin"
    await by_zalo(3)
    await phone.taps("gui:report:1")
    assert not any(label.startswith("Thu hồi") for label in phone.labels)
    assert "không thu hồi được nữa" in (await phone.taps("gui:recall:1"))[0]


# Her own word


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
