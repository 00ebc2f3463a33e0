"""The buttons under a campaign's message: evidence for whom it went to, and for nobody else."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, select, update

from outreach.campaigns.model import Campaign, CampaignState, Content, DeliveryState
from outreach.contacts.model import Subscription
from outreach.messaging import ChannelName, ContactId
from outreach.officers import Officer, Role
from storage import tables as t
from storage.database import Database
from tests.conftest import NOW
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage

pytestmark = ON_EVERY_CHANNEL

People = Callable[..., Awaitable[ContactId]]
Campaigns = Callable[..., Awaitable[Campaign]]


async def mark(database: Database, state: DeliveryState) -> None:
    async with database.write() as tx:
        await tx.connection.execute(update(t.delivery).values(state=state))


async def evidence(database: Database) -> list[Any]:
    async with database.read() as tx:
        statement = select(t.reach_person).join(t.period).where(t.period.c.code == "state-2026")
        return list((await tx.connection.execute(statement)).all())


async def presses(phone: Phone, step: str, campaign: Campaign) -> list[str]:
    """What stands under its message: a button, or a word with its number where there are none."""
    if phone.can.buttons:
        return await phone.taps(f"cam:{step}:{campaign.campaign_id}")
    return await phone.says(f"{ {'read': 'DOC', 'more': 'XEM'}[step] } {campaign.campaign_id}")


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.IN_FLIGHT])
async def test_read_counts_once_and_is_thanked_for(
    young: Phone, database: Database, campaign: Campaigns, state: DeliveryState
) -> None:
    sent = await campaign(state=CampaignState.RUNNING)
    await mark(database, state)
    for _ in range(2):
        said = await presses(young, "read", sent)
        [thanks] = young.toasts[-1:] if young.channel == ChannelName.TELEGRAM else said
        assert "cảm ơn" in thanks
        assert young.channel != ChannelName.TELEGRAM or said == [], "a tap is answered where it was made"
    [row] = await evidence(database)
    assert (row.e4_at, row.e3_at, row.turns) == (NOW, NOW, 0)
    assert row.first_campaign_id == sent.campaign_id


@pytest.mark.parametrize("state", [DeliveryState.PENDING, DeliveryState.SKIPPED, DeliveryState.FAILED, None])
async def test_a_tap_on_what_never_came_proves_nothing(
    young: Phone, database: Database, campaign: Campaigns, state: DeliveryState | None
) -> None:
    sent = await campaign(state=CampaignState.RUNNING if state else CampaignState.DRAFT)
    if state:
        await mark(database, state)
    await presses(young, "read", sent)
    refused = "không mở được" if state or young.can.buttons else "chưa hiểu"  # the code of a draft is none
    assert refused in (await presses(young, "more", sent))[0], "a draft is not shown to anybody"
    assert await evidence(database) == []


async def test_what_does_not_count_leaves_no_evidence(young: Phone, database: Database, campaign: Campaigns) -> None:
    sent = await campaign(state=CampaignState.RUNNING, content=Content(title="Dịch vụ công", paragraphs=("Một.",)))
    await mark(database, DeliveryState.SENT)
    await presses(young, "read", sent)
    assert "Dịch vụ công" in (await presses(young, "more", sent))[0]
    assert await evidence(database) == []
    async with database.read() as tx:
        assert (await tx.connection.execute(select(t.delivery.c.opened_at))).scalar_one() == NOW, (
            "it was opened all the same"
        )


async def test_whoever_has_stopped_reads_without_being_noted(
    young: Phone, database: Database, campaign: Campaigns
) -> None:
    sent = await campaign(state=CampaignState.RUNNING)
    await mark(database, DeliveryState.SENT)
    async with database.write() as tx:
        await tx.connection.execute(update(t.contact).values(subscription=Subscription.STOPPED))
    await presses(young, "read", sent)
    async with database.read() as tx:
        assert (await tx.connection.execute(select(t.delivery.c.opened_at))).scalar_one() is None


async def test_reading_on_shows_the_whole_and_the_same_buttons(
    young: Phone, database: Database, campaign: Campaigns
) -> None:
    sent = await campaign(state=CampaignState.RUNNING)
    await mark(database, DeliveryState.SENT)
    text = (await presses(young, "more", sent))[0]
    assert "Đoạn thứ hai." in text
    assert "langson.gov.vn" in text
    assert young.labels == ["Đã đọc", "Ngừng nhận"]
    [row] = await evidence(database)
    assert (row.e3_at, row.e4_at) == (NOW, None)
    assert "Đã ngừng" in (await young.taps("Ngừng nhận"))[0]


async def test_what_was_taken_back_is_not_read_on(young: Phone, database: Database, campaign: Campaigns) -> None:
    """Its button stays under what cannot be deleted, and in a digest."""
    sent = await campaign(state=CampaignState.RUNNING)
    await mark(database, DeliveryState.SENT)
    async with database.write() as tx:
        assert await tx.undoing.begin_recall(sent.campaign_id)
    assert (await presses(young, "more", sent))[0].startswith("Tin này đã được thu hồi")
    assert await evidence(database) == []


async def test_an_officer_s_test_message_is_never_counted(
    stage: Stage, database: Database, campaign: Campaigns, officer: Callable[..., Awaitable[Officer]]
) -> None:
    await officer(Role.ADMIN, external_id="900")
    draft = await campaign()
    colleague = stage.phone("900")
    await presses(colleague, "read", draft)
    assert "Đoạn thứ hai." in (await presses(colleague, "more", draft))[0]
    assert await evidence(database) == []


async def test_an_open_conversation_stays_open(young: Phone, database: Database, campaign: Campaigns) -> None:
    sent = await campaign(state=CampaignState.RUNNING)
    await mark(database, DeliveryState.SENT)
    await young.says("hỏi")
    await presses(young, "read", sent)
    await young.says("Hạn nộp hồ sơ là ngày nào?")
    async with database.read() as tx:
        assert len((await tx.connection.execute(select(t.question))).all()) == 1


@pytest.mark.needs("buttons")
async def test_strangers_and_made_up_numbers_are_answered(stage: Stage, database: Database) -> None:
    stranger = stage.phone("999")
    for payload in ("cam:read:1", "cam:more:1", "cam:more:x", "cam:zzz:1"):
        before = len(stranger.toasts)
        assert await stranger.taps(payload) or stranger.toasts[before:] != [""]


async def test_a_tap_takes_few_statements(young: Phone, database: Database, campaign: Campaigns) -> None:
    sent = await campaign(state=CampaignState.RUNNING)
    await mark(database, DeliveryState.SENT)
    await presses(young, "read", sent)  # the periods of the day are there from now on
    statements: list[str] = []
    event.listen(
        database.write_engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(str(args[2]))
    )
    await presses(young, "read", sent)
    # One more than other turns: what was opened, and what counts for the period, are two tables. Where nothing flashes up the thanks
    # are a message, and a code that is typed is looked up before it is taken for one.
    most = {ChannelName.TELEGRAM: 7, ChannelName.ZALO_OA: 8, ChannelName.ZALO_BOT: 9}[young.channel]
    assert 0 < len([one for one in statements if not one.startswith("BEGIN")]) <= most, statements


@pytest.mark.parametrize("words", ["Đã đọc", "da doc", "đọc rồi"])
async def test_the_words_of_the_button_may_be_typed(
    young: Phone, database: Database, campaign: Campaigns, words: str
) -> None:
    await campaign(state=CampaignState.RUNNING)
    await mark(database, DeliveryState.SENT)
    assert "cảm ơn" in (await young.says(words))[0]
    [row] = await evidence(database)
    assert row.e4_at == NOW


async def test_read_on_may_be_typed_and_shows_the_newest(young: Phone, database: Database, campaign: Campaigns) -> None:
    await campaign(state=CampaignState.RUNNING)
    await mark(database, DeliveryState.SENT)
    assert "Đoạn thứ hai" in (await young.says("đọc tiếp"))[0]


async def test_typed_words_without_any_campaign_lead_to_help(young: Phone, stage: Stage, database: Database) -> None:
    assert "tin" in (await young.says("đã đọc"))[0]
    assert await stage.phone("999").says("đã đọc")
    assert not await evidence(database)
