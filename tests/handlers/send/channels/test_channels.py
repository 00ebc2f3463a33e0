"""An officer sends on two channels: what is said before, meanwhile and afterwards."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from outreach.contacts.model import Subscription
from outreach.contacts.windows import Windows
from outreach.messaging import (
    AccountId,
    ChannelName,
)
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW
from tests.handlers.send.channels.conftest import NAMES, ZALO, Composed, MakeOfficer, Person, zalo_officer
from tests.handlers.send.conftest import PLAN, Office, flashed

pytestmark = pytest.mark.channels(
    ChannelName.TELEGRAM, ChannelName.ZALO_BOT
)  # the officer's own; the other is always there


@pytest.mark.usefixtures("people")
async def test_the_last_look_tells_each_channel_and_what_it_costs(
    office: Office, database: Database, officer: MakeOfficer, composed: Composed
) -> None:
    phone = await composed(await officer())
    assert "Sẽ nhận: <b>3 người</b>" in phone.last.text
    assert f"• {NAMES[phone.channel]}: 1 người · 1 phút\n" in phone.last.text
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


async def test_a_channel_with_nobody_is_not_listed(
    office: Office, officer: MakeOfficer, composed: Composed, person: Person, on_zalo: Person
) -> None:
    """Another one's only reader has stopped."""
    await person(external_id="700")
    stopped = await on_zalo("900", hours=1)
    async with office.database.write() as tx:
        await tx.contacts.change(stopped, at=office.clock(), subscription=Subscription.STOPPED)
    phone = await composed(await officer())
    assert f"• {NAMES[phone.channel]}: 1 người" in phone.last.text
    assert "• Zalo:" not in phone.last.text


async def test_with_one_plain_channel_nothing_is_said_of_channels(
    office: Office, officer: MakeOfficer, composed: Composed, person: Person
) -> None:
    office.stage.router.world = replace(office.stage.router.world, doors=office.stage.router.world.doors[:1])
    await person(external_id="700")
    phone = await composed(await officer())
    assert NAMES[phone.channel] not in phone.last.text


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
    assert f"• {NAMES[phone.channel]}: đã gửi 1\n" in phone.last.text
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
    assert "\n<b>Zalo đang dừng</b>: đã dùng hết số tin của gói dịch vụ. Kênh khác vẫn gửi." in phone.last.text
    assert phone.labels[0] == "Gửi tiếp trên Zalo"
    await phone.taps("Gửi tiếp trên Zalo")
    assert "đang dừng" not in phone.last.text
    assert flashed(phone, "Gửi tiếp")


async def test_an_article_for_all_is_ordered_and_asked_after_from_another_channel(
    office: Office, officer: MakeOfficer
) -> None:
    phone = await office.phone(await officer())
    await phone.says("gửi tin")
    await phone.says(PLAN)
    await phone.taps("Phát chung trên Zalo OA")
    receipt = (await phone.taps("Phát"))[0]
    assert "đã nhận lệnh phát" in receipt
    assert await phone.taps("Xem lại") == await phone.says("tới đâu rồi") == [receipt]
    await phone.says("của tôi")
    await phone.says("gửi tin")
    assert await phone.taps("Bài đang phát chung") == [receipt]
    assert "đã dừng, không phát" in (await phone.taps("Dừng phát"))[0]
    await phone.says("gửi tin")
    assert phone.labels == ["Tin đã lưu (1)", "Tin mới", "Chiến dịch"]


@pytest.mark.usefixtures("people")
async def test_the_way_back_to_a_campaign_stands_under_sending(
    office: Office, officer: MakeOfficer, composed: Composed
) -> None:
    phone = await composed(await officer())
    await phone.taps("Gửi")
    await phone.says("của tôi")
    office.clock.advance(seconds=61)
    await office.tick()
    await phone.says("gửi tin")
    assert phone.labels == ["Tin đã lưu (1)", "Tin mới", "Xem tiến độ", "Chiến dịch"]
    assert "Đang gửi: <b>0/3</b>" in (await phone.taps("Xem tiến độ"))[0]
    await phone.taps("Hủy phần còn lại")
    await phone.taps("Hủy phần còn lại")
    await phone.says("gửi tin")
    assert "Xem tiến độ" not in phone.labels


# An officer whose messenger cannot change a message


@pytest.mark.usefixtures("people")
async def test_where_messages_cannot_be_changed_only_what_happens_is_told(
    office: Office,
    officer: MakeOfficer,
    database: Database,
    zalo_id: AccountId,
    campaign: Callable[..., Awaitable[object]],
) -> None:
    await campaign()  # its officer is the first that is made
    phone = await zalo_officer(database, office, zalo_id, officer)
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
    assert f"\n<b>{NAMES[office.stage.channel]} đang dừng</b>" in phone.last.text
    assert not phone.last.edits


@pytest.mark.needs("recall_hours")
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
