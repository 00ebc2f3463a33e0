"""She nominates herself, or has said yes, and then types a year under 16: asked once, then nothing of her is left."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from handlers.router import Answer
from outreach.contacts.model import Purpose, Subscription
from outreach.messaging import ContactId
from outreach.nominations.model import NominationState
from outreach.outbox import OutboxId
from storage import tables as t
from storage.database import Database
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.nominations.conftest import Look, begins, fills, submits
from tests.handlers.test_trace import CHAT_ID, NAME, WORDS, as_in_production, files, traces

pytestmark = ON_EVERY_CHANNEL


async def nominates_herself(child: Phone) -> list[str]:
    """Up to the year that says how old she is; gives what is asked then."""
    await begins(child)
    await child.taps("Chính mình")
    await child.taps("Thể dục thể thao")
    await child.says(NAME)
    await child.says("2009")
    await child.says("xã Bắc Sơn")
    await child.taps("Đúng")
    await child.says(f"{WORDS} rất nhiều năm nay ở trường")
    await child.sends_photo()
    await child.taps("Xong phần minh chứng")
    await child.says("qua chat này")
    await child.taps("Sửa năm sinh")
    return await child.says("2012")


async def says_yes_and_corrects(child: Phone, nominator: Phone) -> list[str]:
    code = await submits(nominator)
    await child.opens(f"dc_{code}")
    await child.taps("Sửa")
    await child.taps("Mình đủ 16, đồng ý")
    await child.taps("Sửa họ tên")
    await child.says(NAME)
    await child.taps("Sửa năm sinh")
    return await child.says("2012")


async def comes_to_the_question(stage: Stage, who: str) -> tuple[Phone, list[str]]:
    child = stage.phone(CHAT_ID)
    child.name = NAME
    if who == "herself":
        return child, await nominates_herself(child)
    return child, await says_yes_and_corrects(child, stage.phone("901"))


@pytest.mark.parametrize("typed", ["Đúng, xóa hết", "1", "đúng"])
@pytest.mark.parametrize("who", ["herself", "nominee"])
async def test_her_yes_leaves_no_trace(
    stage: Stage, database: Database, sqlite_url: str, caplog: pytest.LogCaptureFixture, who: str, typed: str
) -> None:
    as_in_production(caplog)
    left: list[OutboxId] = []
    told: list[bool] = []

    def deliver(answer: Answer) -> None:
        left.extend(row.outbox_id for row in answer.rows if row.outbox_id is not None)
        told.append(answer.forget)
        stage.deliver(answer)

    stage.router.deliver = deliver
    child, (question,) = await comes_to_the_question(stage, who)
    assert "chưa đủ 16 tuổi, đúng không?" in question
    assert child.labels == ["Đúng, xóa hết", "Mình gõ nhầm"]
    answer = await child.says(typed)
    assert "không lưu gì về bạn" in answer[0] or "đã xóa hết" in answer[0]
    assert told[-1], "the app is told to empty the write-ahead log"
    async with database.write() as tx:
        await tx.outbox.remove(left)  # as the reply lane does once they were accepted
    async with database.read() as tx:
        for table in (t.nomination_answer, t.evidence, t.draft, t.stop_proof):
            assert (await tx.connection.execute(select(table))).all() == [], table.name
        assert CHAT_ID not in {row.external_id for row in await tx.connection.execute(select(t.address))}
        assert (await tx.contacts.known(child.address)).contact is None
    await database.truncate_wal()
    found = files(sqlite_url)
    assert {name: traces(content) for name, content in found.items()} == {name: [] for name in found}
    assert traces(caplog.text.encode()) == []


async def test_the_nominator_hears_that_it_was_taken_back_and_not_why(stage: Stage, look: Look) -> None:
    nominator = stage.phone("901")
    child, _ = await comes_to_the_question(stage, "nominee")
    nominator.news()
    await child.taps("Đúng, xóa hết")
    (heard,) = nominator.news()
    assert "rút lại" in heard
    assert "16" not in heard
    found = await look.one()
    assert (found.state, found.answers, found.nominee_id) == (NominationState.WITHDRAWN, {}, None)


@pytest.mark.parametrize("who", ["herself", "nominee"])
async def test_a_slip_costs_nothing(stage: Stage, look: Look, who: str) -> None:
    child, _ = await comes_to_the_question(stage, who)
    before = await look.one()
    assert before.answers["birth_year"] == "2009"
    assert "sinh năm nào" in (await child.taps("Mình gõ nhầm"))[0]
    await child.says("2008")
    assert (await look.one()).answers == {**before.answers, "birth_year": "2008"}


@pytest.mark.parametrize("who", ["herself", "nominee"])
async def test_a_subscriber_keeps_her_subscription_and_can_delete_it(
    stage: Stage, database: Database, person: Callable[..., Awaitable[ContactId]], who: str
) -> None:
    contact_id = await person(external_id=CHAT_ID)
    child, _ = await comes_to_the_question(stage, who)
    (told,) = await child.taps("Đúng, xóa hết")
    assert "vẫn còn" in told
    assert child.labels == ["Xóa hết về mình"]
    async with database.read() as tx:
        assert (await tx.connection.execute(select(t.nomination_answer))).all() == []
        contact = await tx.contacts.get(contact_id)
        assert contact
        assert contact.subscription == Subscription.ACTIVE
        open_ones = [one.purpose for one in await tx.contacts.consents(contact_id) if one.withdrawn_at is None]
    assert open_ones == [Purpose.NOTICES]
    await child.taps("Xóa hết về mình")
    assert "Xóa hết những gì mình lưu" in child.last.text


async def test_another_open_nomination_keeps_the_nominator(stage: Stage, look: Look, database: Database) -> None:
    child = stage.phone(CHAT_ID)
    await submits(child)
    await nominates_herself(child)
    assert "vẫn còn" in (await child.taps("Đúng, xóa hết"))[0]
    assert await look.is_gone(2)
    assert (await look.one(1)).state == NominationState.NEW
    async with database.read() as tx:
        known = await tx.contacts.known(child.address)
        assert known.contact
        given = await tx.contacts.consents(known.contact.contact_id)
    assert [(one.purpose, one.withdrawn_at) for one in given] == [(Purpose.NOMINATE, None)]


async def test_an_old_yes_deletes_nothing_else(stage: Stage, look: Look) -> None:
    child = stage.phone(CHAT_ID)
    await nominates_herself(child)
    await child.taps("Mình gõ nhầm")
    await child.says("2009")
    await child.taps("Gửi")
    for _ in range(2):
        await child.taps("Đúng, xóa hết")
        assert (await look.one()).state == NominationState.NEW
        await begins(child)


@pytest.mark.needs("buttons")
async def test_an_old_button_deletes_nothing_else(stage: Stage, look: Look) -> None:
    child = stage.phone(CHAT_ID)
    await nominates_herself(child)
    await child.taps("Mình gõ nhầm")
    await child.says("2009")
    await child.taps("Gửi")
    assert "Không có lời giới thiệu nào đang viết dở" in (await child.taps("nominate:minor:1"))[0]
    assert (await look.one()).state == NominationState.NEW
    await fills(child)
    await child.taps("nominate:minor:2")
    await child.taps("nominate:minor:99")
    await child.taps("nominate:minor:x")
    assert (await look.one(2)).answers["full_name"] == "Nông Thị Hoa"
