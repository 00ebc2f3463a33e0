"""Numbers mean the last message with buttons, wherever it came from; they never stop or agree to anything by surprise."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from outreach.campaigns.model import Campaign, CampaignState, DeliveryState
from outreach.contacts.model import Subscription
from outreach.messaging import ChannelName, ContactId
from outreach.officers import Role
from storage import tables as t
from storage.database import Database
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.test_invite import MakeOfficer, invited, role_of
from tests.handlers.test_join import rows

pytestmark = ON_EVERY_CHANNEL

People = Callable[..., Awaitable[ContactId]]
Campaigns = Callable[..., Awaitable[Campaign]]


@pytest.fixture
async def chief(officer: MakeOfficer, stage: Stage) -> Phone:
    await officer(Role.ADMIN, external_id="1")
    return stage.phone("1")


def later(stage: Stage, **time: int) -> None:
    stage.router.clock.advance(**time)  # type: ignore[attr-defined]  # the tests' clock


async def arrives(stage: Stage, database: Database, campaign: Campaigns) -> int:
    """A campaign comes to everybody, a minute after whatever was said before."""
    later(stage, seconds=60)
    sent = await campaign(state=CampaignState.RUNNING)
    async with database.write() as tx:
        values = {"state": DeliveryState.SENT, "changed_at": stage.router.clock()}
        await tx.connection.execute(update(t.delivery).values(**values))
    later(stage, seconds=60)
    return sent.campaign_id


async def standing(database: Database, phone: Phone) -> tuple[Subscription, bool]:
    """Her subscription, and whether she is known to have read."""
    async with database.read() as tx:
        known = await tx.contacts.known(phone.address)
        read = (await tx.connection.execute(select(t.reach_person.c.e4_at).join(t.period))).scalars().all()
    assert known.contact
    return known.contact.subscription, any(read)


# Under a campaign


@pytest.mark.parametrize("before", ["nothing", "tin", "của tôi", "abc xyz"])
@pytest.mark.needs("buttons")
async def test_one_is_read_and_two_asks_before_it_stops(
    stage: Stage, young: Phone, database: Database, campaign: Campaigns, before: str
) -> None:
    if before != "nothing":
        await young.says(before)
    number = await arrives(stage, database, campaign)
    assert "cảm ơn" in (await young.says("1"))[0]
    assert await standing(database, young) == (Subscription.ACTIVE, True)
    [asked] = await young.says("2")
    assert "ngừng nhận tin" in asked
    assert await standing(database, young) == (Subscription.ACTIVE, True)
    assert "ngừng" in (await young.says("1"))[0]
    assert (await standing(database, young))[0] == Subscription.STOPPED
    async with database.read() as tx:
        assert (await tx.connection.execute(select(t.consent.c.withdrawn_how))).scalar_one() == f"campaign:{number}"


async def test_a_list_asked_for_afterwards_has_the_numbers(
    stage: Stage, young: Phone, database: Database, campaign: Campaigns
) -> None:
    await arrives(stage, database, campaign)
    await young.says("của tôi")
    wanted = young.labels[1]
    typed = await young.says("2")
    assert await standing(database, young) == (Subscription.ACTIVE, False)
    await young.says("của tôi")
    assert await young.taps(wanted) == typed


async def test_an_open_question_keeps_its_numbers(
    stage: Stage, young: Phone, database: Database, campaign: Campaigns
) -> None:
    await young.says("/decu")
    await young.taps("Mình đủ 16, bắt đầu")
    question = young.last.text
    await arrives(stage, database, campaign)
    assert (await young.says("1"))[0] != question
    assert await standing(database, young) == (Subscription.ACTIVE, False)


@pytest.mark.needs("buttons")
async def test_after_a_long_silence_the_number_belongs_to_the_campaign(
    stage: Stage, young: Phone, database: Database, campaign: Campaigns
) -> None:
    await young.says("/decu")
    await young.taps("Mình đủ 16, bắt đầu")
    later(stage, hours=3)
    await arrives(stage, database, campaign)
    assert "cảm ơn" in (await young.says("1"))[0]
    assert "dở" in (await young.says("Nguyễn Văn A"))[0]


async def test_a_number_the_campaign_does_not_have_means_nothing_of_it(
    stage: Stage, young: Phone, database: Database, campaign: Campaigns
) -> None:
    await arrives(stage, database, campaign)
    await young.says("7")
    assert await standing(database, young) == (Subscription.ACTIVE, False)


# Under a notice


@pytest.mark.parametrize("typed", ["1", "Đúng người", "dung nguoi"])
async def test_a_notice_is_answered_by_number_and_by_words(
    stage: Stage,
    database: Database,
    chief: Phone,
    typed: str,
) -> None:
    word = await invited(stage, "1", "Quản trị")
    new = stage.phone("502")
    later(stage, seconds=60)
    await new.opens(word)
    await new.says("1")
    await chief.says(typed)
    office = await role_of(database, new)
    assert office is not None
    assert office.role == Role.ADMIN


async def test_in_the_middle_of_a_question_only_its_words_mean_the_notice(
    stage: Stage,
    database: Database,
    chief: Phone,
) -> None:
    word = await invited(stage, "1", "Quản trị")
    await chief.says("gửi tin")
    new = stage.phone("502")
    await new.opens(word)
    await new.says("1")
    asked = chief.labels
    assert asked[0] == "Đúng người"
    await chief.says("1")
    assert await role_of(database, new) is None, "the number is the open question's, or it is asked"
    await chief.says("đúng người")
    assert await role_of(database, new) is not None


async def test_a_number_that_two_lists_show_is_asked_about_once(
    stage: Stage, database: Database, chief: Phone, network: ChannelName
) -> None:
    word = await invited(stage, "1", "Quản trị")
    await chief.says("gửi tin")
    question = chief.last.text
    later(stage, seconds=60)
    new = stage.phone("502")
    await new.opens(word)
    await new.says("1")
    later(stage, seconds=60)
    said = await chief.says("1")
    if network == ChannelName.ZALO_BOT:
        assert "gõ chữ “<b>đúng người</b>”" in said[0]
        assert said[1:] == [question]
        said = await chief.says("1")
    assert "đúng người" not in said[0], "asked once, and where only one list shows numbers never"
    assert question not in said, "the number has answered it"
    assert await role_of(database, new) is None
    await chief.says("đúng người")
    assert await role_of(database, new) is not None


@pytest.mark.channels(ChannelName.ZALO_BOT)
async def test_nor_does_it_become_the_words_of_an_answer(stage: Stage, database: Database, chief: Phone) -> None:
    word = await invited(stage, "1", "Quản trị")
    await chief.says("gửi tin")
    await chief.taps("Tin mới")
    later(stage, seconds=60)
    new = stage.phone("502")
    await new.opens(word)
    await new.says("1")
    said = await chief.says("1")
    assert "gõ chữ “<b>đúng người</b>”" in said[0]
    assert len(said) > 1, "and the question stands there again"
    assert "gõ chữ" not in (await chief.says("1"))[0]


# While Zalo takes no buttons


def buttons_are_refused(stage: Stage, *, so: bool = True) -> None:
    """From now on, as the channel tells of it."""
    world = stage.router.world
    stage.router.world = replace(world, doors=(replace(world.doors[0], refuses_buttons=lambda: so),))


@pytest.mark.channels(ChannelName.ZALO_OA)
async def test_where_buttons_are_refused_for_a_while_numbers_are_all_there_is(
    stage: Stage, database: Database, chief: Phone
) -> None:
    word = await invited(stage, "1", "Quản trị")
    buttons_are_refused(stage)
    await chief.says("gửi tin")
    question = chief.last.text
    later(stage, seconds=60)
    new = stage.phone("502")
    await new.opens(word)
    await new.says("1")
    later(stage, seconds=60)
    said = await chief.says("1")
    assert "gõ chữ “<b>đúng người</b>”" in said[0]
    assert said[1:] == [question]
    assert await role_of(database, new) is None


@pytest.mark.channels(ChannelName.ZALO_OA)
@pytest.mark.parametrize("refused", [True, False])
async def test_a_list_of_lines_is_counted_on_as_long_as_it_stands_last(
    stage: Stage, young: Phone, refused: bool
) -> None:
    buttons_are_refused(stage, so=refused)
    await young.says("abc xyz")
    meant = await young.says("3")
    await young.says("abc xyz")
    later(stage, hours=3)
    assert (await young.says("3") == meant) is refused


# The question after two hours


@pytest.mark.parametrize("typed", ["1", "Tiếp tục", "tiep tuc"])
async def test_typing_leads_on_after_a_long_silence(stage: Stage, young: Phone, typed: str) -> None:
    await fills_half(young)
    question = young.last.text
    later(stage, hours=3)
    assert "dở" in (await young.says("Hoàng Thị Lan"))[0]
    assert "dở" in (await young.says("Hoàng Thị Lan"))[0], "until it is decided nothing typed is an answer"
    later(stage, hours=3)
    assert question in await young.says(typed)


@pytest.mark.parametrize("typed", ["2", "Để sau"])
async def test_typing_puts_it_off_after_a_long_silence(stage: Stage, young: Phone, typed: str) -> None:
    await fills_half(young)
    later(stage, hours=3)
    await young.says("gì thế")
    await young.says(typed)
    assert "dở" not in (await young.says("abc xyz"))[0]


async def fills_half(phone: Phone) -> None:
    await phone.says("/decu")
    await phone.taps("Mình đủ 16, bắt đầu")
    await phone.says("1")


# Before the consent


@pytest.mark.parametrize("aside", ["dung", "tin", "của tôi", "hồ sơ"])
async def test_a_number_agrees_to_nothing_but_the_question_on_the_screen(
    stage: Stage, database: Database, aside: str
) -> None:
    for start, payload in (("501", "src_06325"), ("502", "")):
        young = stage.phone(start)
        await young.opens(payload)
        await young.taps("Đủ 16 rồi")
        shown = young.last.buttons
        await young.says(aside)
        if young.last.buttons != shown:
            await young.says("1")
        assert await rows(database, "consent") == 0


async def test_the_pages_for_strangers_have_one_numbering(stage: Stage, database: Database) -> None:
    child, other = stage.phone("501"), stage.phone("502")
    await child.opens()
    await child.taps("Chưa đủ 16")
    young_list = child.labels
    await other.opens()
    await other.taps("Đủ 16 rồi")
    await other.taps("Không, cảm ơn")
    assert other.labels[: len(young_list)] == young_list
    for phone in (child, other):
        for number, label in enumerate(young_list, start=1):
            assert (await phone.says(str(number)))[0].startswith(f"<b>{label}</b>")
    assert (await other.says(str(len(other.labels))))[0].startswith("Chào bạn, mình là")
    assert await rows(database, "contact") == 0


async def test_offers_are_deleted_with_the_person_and_after_their_time(
    stage: Stage,
    database: Database,
    chief: Phone,
) -> None:
    word = await invited(stage, "1", "Quản trị")
    new = stage.phone("502")
    await new.opens(word)
    await new.says("1")
    assert await rows(database, "offer") == 1
    async with database.write() as tx:
        await tx.dialogues.purge_idle(before=stage.router.clock() + timedelta(seconds=1))
    assert await rows(database, "offer") == 0
