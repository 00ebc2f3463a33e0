"""A campaign where there are no buttons: it asks for words with its number, which mean it whenever they are typed."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import update

from bot.channels.kit import numbered
from content.catalog import Catalog
from content.render import CampaignRenderer
from outreach.campaigns.model import Campaign, CampaignState, DeliveryState
from outreach.contacts.model import Subscription
from outreach.messaging import ChannelName
from storage import tables as t
from storage.database import Database
from tests.handlers.conftest import CAN, ON_EVERY_CHANNEL, Phone
from tests.handlers.test_offered import standing

Campaigns = Callable[..., Awaitable[Campaign]]


@pytest.fixture
async def sent(young: Phone, database: Database, campaign: Campaigns) -> Campaign:
    made = await campaign(state=CampaignState.RUNNING)
    async with database.write() as tx:
        await tx.connection.execute(update(t.delivery).values(state=DeliveryState.SENT))
    return made


async def test_its_codes_stand_in_the_message(
    young: Phone, database: Database, catalog: Catalog, sent: Campaign
) -> None:
    async with database.read() as tx:
        contact = (await tx.contacts.known(young.address)).contact
    assert contact
    reply = CampaignRenderer(catalog).render_campaign(sent, contact=contact, capabilities=CAN[ChannelName.ZALO_BOT])
    number = sent.campaign_id
    assert numbered(reply).text.endswith(f"DOC {number}: Đã đọc\nNGUNG {number}: Ngừng nhận")


@ON_EVERY_CHANNEL
@pytest.mark.parametrize("before", ["nothing", "hỏi"])
@pytest.mark.parametrize("typed", ["DOC {}", "đọc {}", "Doc{}", "read {}"])
async def test_read_is_understood_at_any_time(
    young: Phone, database: Database, sent: Campaign, typed: str, before: str
) -> None:
    if before != "nothing":
        await young.says(before)
    assert "cảm ơn" in (await young.says(typed.format(sent.campaign_id)))[0]
    assert await standing(database, young) == (Subscription.ACTIVE, True)


@ON_EVERY_CHANNEL
@pytest.mark.parametrize("typed", ["NGUNG {}", "ngừng {}", "stop{}"])
async def test_stop_stops_at_once(young: Phone, database: Database, sent: Campaign, typed: str) -> None:
    assert "Đã ngừng" in (await young.says(typed.format(sent.campaign_id)))[0]
    assert (await standing(database, young))[0] == Subscription.STOPPED


@ON_EVERY_CHANNEL
async def test_the_rest_is_shown(young: Phone, sent: Campaign) -> None:
    assert "Đoạn thứ hai." in (await young.says(f"xem {sent.campaign_id}"))[0]


@ON_EVERY_CHANNEL
async def test_a_code_of_what_never_came_is_words_like_any_other(young: Phone, database: Database) -> None:
    for typed in ("DOC 77", "DOC 99999999999999999999"):
        assert "hiểu" in (await young.says(typed))[0]
    assert "phải không?" in (await young.says("NGUNG 77"))[0], "which may be meant all the same"
    assert await standing(database, young) == (Subscription.ACTIVE, False)


@pytest.mark.channels(ChannelName.ZALO_BOT)
async def test_a_bare_number_belongs_to_the_conversation(young: Phone, database: Database, sent: Campaign) -> None:
    assert sent.campaign_id == 1
    await young.says("của tôi")
    assert "sinh năm" in (await young.says("1"))[0]
    await young.says("của tôi")
    assert "xã, phường" in (await young.says("2"))[0]
    assert await standing(database, young) == (Subscription.ACTIVE, False)
