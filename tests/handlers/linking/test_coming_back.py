"""Somebody with two apps has blocked one of them, and speaks there again: only that address changes."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from content.catalog import Catalog
from outreach.broadcasts.model import BroadcastState
from outreach.campaigns.model import Content
from outreach.contacts.model import Contact, Subscription
from outreach.messaging import ChannelName, ContactId
from outreach.officers import Officer, Role
from storage.database import Database
from tests.conftest import TestClock
from tests.handlers.conftest import Phone, Stage
from tests.handlers.linking.conftest import MakePerson, Zalo, agreed, link
from tests.handlers.test_leaving import leaves

Known = Callable[[Phone], Awaitable[Contact]]


@pytest.fixture
async def telegram(stage: Stage, person: MakePerson, on_zalo: MakePerson, zalo: Zalo) -> Phone:
    """On both, subscribed on both."""
    await person(external_id="501", unit="06325")
    await on_zalo(external_id="z1", unit="06325")
    await link(stage.phone("501"), zalo("z1"))
    return stage.phone("501")


@pytest.fixture
def contact(database: Database) -> Known:
    async def find(phone: Phone) -> Contact:
        async with database.read() as tx:
            found = (await tx.contacts.known(phone.address)).contact
        assert found
        return found

    return find


async def news_at(database: Database, contact_id: ContactId) -> set[str]:
    async with database.read() as tx:
        return {channel.value for channel in (await tx.addresses.news_at(contact_id)).values()}


async def test_news_go_on_where_they_were_and_come_here_by_a_yes_alone(
    telegram: Phone, zalo: Zalo, contact: Known, database: Database, catalog: Catalog
) -> None:
    number = (await contact(telegram)).contact_id
    await telegram.blocks()
    assert await news_at(database, number) == {"zalo_oa"}
    [asked] = await telegram.says("chào")
    assert "Tin vẫn tới bạn ở Zalo, không tới ở đây (Telegram)" in asked
    assert telegram.labels == ["Nhận cả ở đây", "Chỉ ở Zalo"]
    assert (await contact(telegram)).subscription == Subscription.ACTIVE
    assert (await contact(zalo("z1"))).subscription == Subscription.ACTIVE, "nothing rests there"
    assert await news_at(database, number) == {"zalo_oa"}
    assert "tin có thể tới ở đây" in (await telegram.taps("Nhận cả ở đây"))[0]
    assert await news_at(database, number) == {"zalo_oa", "telegram"}
    assert (await agreed(database))["501"] == [catalog.label("start.here_version")]
    await telegram.taps("Nhận cả ở đây")  # an old button
    assert len((await agreed(database))["501"]) == 1


@pytest.mark.channels(ChannelName.ZALO_BOT)
async def test_who_had_left_the_bot_is_asked_there_as_well(
    young: Phone, zalo: Zalo, on_zalo: MakePerson, contact: Known, database: Database
) -> None:
    await on_zalo(external_id="z1", unit="06325")
    await link(young, zalo("z1"))
    number = (await contact(young)).contact_id
    await leaves(young, database)
    assert await news_at(database, number) == {"zalo_oa"}
    [asked] = await young.says("chào")
    assert "Tin vẫn tới bạn ở Zalo, không tới ở đây (Zalo Bot)" in asked
    assert await news_at(database, number) == {"zalo_oa"}
    assert "tin có thể tới ở đây" in (await young.says("1"))[0]
    assert await news_at(database, number) == {"zalo_oa", "zalo_bot"}


async def test_a_no_changes_nothing_and_the_way_stays_with_the_links(
    telegram: Phone, contact: Known, database: Database
) -> None:
    number = (await contact(telegram)).contact_id
    await telegram.blocks()
    await telegram.says("chào")
    assert "giữ nguyên" in (await telegram.taps("Chỉ ở Zalo"))[0]
    assert await news_at(database, number) == {"zalo_oa"}
    assert "Tin vẫn tới" not in (await telegram.says("chào"))[0], "asked once"
    await telegram.says("liên kết")
    [asked] = await telegram.taps("Nhận cả ở đây")
    assert "Chưa trả lời thì mình chưa gửi ở đây." in asked
    await telegram.taps("Nhận cả ở đây")
    assert await news_at(database, number) == {"zalo_oa", "telegram"}


async def test_whoever_has_not_ended_her_joining_is_not_asked(
    stage: Stage, person: MakePerson, zalo: Zalo, contact: Known
) -> None:
    await person(external_id="502", subscription=Subscription.JOINING)
    await link(stage.phone("502"), zalo("z2"))
    await zalo("z2").blocks()
    assert "Tin vẫn tới" not in "".join(await zalo("z2").says("chào"))
    await zalo("z2").says("liên kết")
    assert "Nhận cả ở đây" not in zalo("z2").labels


async def test_a_number_that_an_article_asks_for_is_no_yes(
    telegram: Phone,
    zalo: Zalo,
    database: Database,
    contact: Known,
    officer: Callable[..., Awaitable[Officer]],
    plan_136: Content,
    clock: TestClock,
) -> None:
    number, account_id = (await contact(telegram)).contact_id, zalo("z1").address.account_id
    editor = await officer(Role.EDITOR)
    async with database.write() as tx:
        sent = await tx.broadcasts.add(account_id=account_id, content=plan_136, by=editor.officer_id, at=clock())
        for state in (BroadcastState.CREATING, BroadcastState.READY, BroadcastState.SENDING, BroadcastState.SENT):
            await tx.broadcasts.move(sent.broadcast_id, state=state, at=clock())
    clock.advance(minutes=5)
    await zalo("z1").blocks()
    assert "Tin vẫn tới bạn ở Telegram" in (await zalo("z1").follows())[0]
    assert "Đoạn thứ nhất." in (await zalo("z1").says("1"))[0]
    assert await news_at(database, number) == {"telegram"}
    await zalo("z1").taps("Nhận cả ở đây")
    assert await news_at(database, number) == {"telegram", "zalo_oa"}


async def test_a_rest_goes_on_and_ends_at_its_time(
    telegram: Phone, zalo: Zalo, contact: Known, clock: TestClock
) -> None:
    await zalo("z1").says("của tôi")
    await zalo("z1").taps("Tạm nghỉ 1 tháng")
    until = clock() + timedelta(days=30)
    await telegram.blocks()
    await telegram.says("chào")
    await telegram.taps("Nhận cả ở đây")
    resting = await contact(telegram)
    assert (resting.subscription, resting.paused_until) == (Subscription.PAUSED, until)


async def test_whoever_has_blocked_both_is_asked_as_with_one(telegram: Phone, zalo: Zalo, contact: Known) -> None:
    await telegram.blocks()
    await zalo("z1").blocks()
    assert "muốn nhận tiếp không" in (await telegram.says("chào"))[0]
    assert (await contact(telegram)).subscription == Subscription.PAUSED
    await telegram.taps("Nhận tiếp")
    assert (await contact(telegram)).subscription == Subscription.ACTIVE
    assert "Tin vẫn tới bạn ở Telegram" in (await zalo("z1").says("chào"))[0]


def test_the_version_of_what_is_agreed_to_goes_with_its_words(catalog: Catalog) -> None:
    """Whoever changes a word of the question gives it a new version and this table a new line."""
    known = {
        ("vi", "2026-11-27"): "fc87c50946f3",
        ("en", "2026-11-27"): "402a20531535",
    }
    for language in ("vi", "en"):
        texts = catalog.texts[language]
        digest = hashlib.sha256(texts["start.here_ask"].encode()).hexdigest()[:12]
        assert known[language, texts["start.here_version"]] == digest
