"""Under 16 today: after a whole conversation neither file nor log knows that she was there."""

import logging
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.logs import _TALKATIVE
from handlers.router import Answer
from outreach.contacts.model import Subscription
from outreach.outbox import OutboxId
from storage import tables as t
from storage.database import Database
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.nominations.conftest import begins

pytestmark = ON_EVERY_CHANNEL

CHAT_ID = "7788990011"
NAME = "Quàng Xuyến Mẩy"
WORDS = "em thích làm robot tưới rau"


def files(sqlite_url: str) -> dict[str, bytes]:
    database = Path(sqlite_url.removeprefix("sqlite+aiosqlite:///"))
    return {path.name: path.read_bytes() for path in database.parent.glob(f"{database.name}*")}


def as_in_production(caplog: pytest.LogCaptureFixture) -> None:
    """Our own lines from DEBUG on; the libraries that bot/logs.py silences are silent."""
    caplog.set_level(logging.DEBUG)
    for name in _TALKATIVE:
        caplog.set_level(logging.WARNING, logger=name)


def traces(content: bytes) -> list[str]:
    """What of hers stands in these bytes, whole or word by word of her name."""
    wanted = [CHAT_ID, NAME, WORDS, *NAME.split(), "robot tưới", "Tiểu học"]
    return [word for word in wanted if word.encode() in content]


async def conversation(stage: Stage, branch: str) -> None:
    child = stage.phone(CHAT_ID)
    child.name = NAME
    await child.says(f"chào, mình là {NAME}")
    await child.opens("src_06325")
    await child.says(WORDS)
    await child.sends_photo(caption=f"{NAME}, trường Tiểu học")
    await child.sends_sticker()
    if branch == "says so":
        answer = await child.taps("Chưa đủ 16")
    else:
        for label in ("Đủ 16 rồi", "Đồng ý nhận tin"):
            await child.taps(label)
        await child.says(WORDS)
        answer = await child.says("2012")
    assert "không lưu gì" in answer[0]
    assert "Đoàn – Đội" in answer[0]
    # She may go on reading; that is not remembered either.
    await child.taps("Những giải thưởng nào?")
    await child.says(WORDS)
    await child.says("tin")


@pytest.mark.parametrize("branch", ["says so", "born 2012 after the consent"])
async def test_nothing_is_left_of_somebody_under_16(
    stage: Stage,
    database: Database,
    sqlite_url: str,
    caplog: pytest.LogCaptureFixture,
    branch: str,
) -> None:
    as_in_production(caplog)
    told: list[bool] = []

    def deliver(answer: Answer) -> None:
        told.append(answer.forget)
        stage.deliver(answer)

    stage.router.deliver = deliver
    await conversation(stage, branch)
    assert any(told), "the app is told to empty the write-ahead log"
    await database.truncate_wal()
    found = files(sqlite_url)
    assert len(found["loatre.db"]) > 100_000, "the file that is searched is the database"
    assert {name: traces(content) for name, content in found.items()} == {name: [] for name in found}
    assert len(found.get("loatre.db-wal", b"")) == 0
    assert traces(caplog.text.encode()) == []
    async with database.read() as tx:
        for table in (t.address, t.consent, t.draft, t.dialogue, t.outbox, t.stop_proof, t.question):
            assert (await tx.connection.execute(select(table))).all() == [], table.name
        people = (await tx.connection.execute(select(t.contact))).all()
    assert all((row.subscription, row.birth_year) == (Subscription.ERASED, None) for row in people)


async def nominates(nominator: Phone, *, name: str) -> None:
    await begins(nominator)
    for label in ("Bạn khác, đã đồng ý", "Đủ 16 rồi", "Thể dục thể thao"):
        await nominator.taps(label)
    await nominator.says(name)


async def nomination(stage: Stage, branch: str) -> str:
    """A whole conversation in which somebody turns out to be under 16; gives what was answered."""
    child, nominator = stage.phone(CHAT_ID), stage.phone("901")
    child.name = NAME
    if branch == "the nominator says so":
        await child.says("/decu")
        await child.says(WORDS)
        return (await child.taps("Mình chưa đủ 16"))[0]
    if branch == "typed after the name":
        await nominates(nominator, name=NAME)
        await nominator.says("2012")
        await nominator.taps("Đúng là chưa đủ 16")
        return (await nominator.taps("Đúng vậy"))[0]
    await nominates(nominator, name=NAME)
    await nominator.says("2009")
    await nominator.says("xã Bắc Sơn")
    await nominator.taps("Đúng")
    await nominator.says(f"{WORDS} rất nhiều năm nay ở trường")
    await nominator.taps("Xong phần minh chứng")
    await nominator.says("qua chat này")
    await nominator.taps("Gửi")
    await child.opens(f"dc_{nominator.last.text.split('<code>')[1].split('</code>')[0]}")
    await child.taps("Đồng ý")
    return (await child.taps("Mình chưa đủ 16"))[0]


@pytest.mark.parametrize("branch", ["the nominator says so", "typed after the name", "the nominee says so"])
async def test_nothing_is_left_of_a_nomination_under_16(
    stage: Stage, database: Database, sqlite_url: str, caplog: pytest.LogCaptureFixture, branch: str
) -> None:
    as_in_production(caplog)
    left: list[OutboxId] = []

    def deliver(answer: Answer) -> None:
        left.extend(row.outbox_id for row in answer.rows if row.outbox_id is not None)
        stage.deliver(answer)

    stage.router.deliver = deliver
    answer = await nomination(stage, branch)
    async with database.write() as tx:
        await tx.outbox.remove(left)  # as the reply lane does once they were accepted
    assert "không lưu gì" in answer or "đã xóa" in answer
    async with database.read() as tx:
        # Answers are sealed, so the search alone would not find them.
        rows = (await tx.connection.execute(select(t.nomination_answer))).all()
        assert [row.question for row in rows if row.question != "contact"] == []
        assert (await tx.connection.execute(select(t.evidence))).all() == []
        known = {row.external_id for row in await tx.connection.execute(select(t.address))}
        assert CHAT_ID not in known
        for table in (t.draft, t.outbox, t.dialogue):
            held = " ".join(str(tuple(row)) for row in await tx.connection.execute(select(table)))
            assert traces(held.encode()) == [], table.name
    await database.truncate_wal()
    found = files(sqlite_url)
    assert {name: traces(content) for name, content in found.items()} == {name: [] for name in found}
    assert traces(caplog.text.encode()) == []


async def test_the_search_finds_somebody_who_is_known(stage: Stage, database: Database, sqlite_url: str) -> None:
    """The same search after a subscription: it can fail."""
    young = stage.phone(CHAT_ID)
    await young.opens("src_06325")
    for label in ("Đủ 16 rồi", "Đồng ý nhận tin", "2008", "Đúng"):
        await young.taps(label)
    await database.truncate_wal()
    assert CHAT_ID in traces(files(sqlite_url)["loatre.db"])
    async with database.read() as tx:
        assert (await tx.connection.execute(text("PRAGMA secure_delete"))).scalar_one() == 1


async def test_typed_numbers_of_the_join_are_neither_stored_nor_logged(
    stage: Stage, database: Database, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    as_in_production(caplog)
    young = stage.phone("501")
    await young.opens("src_06325")
    for label in ("Đủ 16 rồi", "Đồng ý nhận tin"):
        await young.taps(label)
    for typed in ("0912345678", "020208001234", "số 0912 345 678"):
        await young.says(typed)
    await database.truncate_wal()
    everything = b"".join(files(sqlite_url).values()) + caplog.text.encode()
    assert not [number for number in ("0912345678", "020208001234", "0912 345 678") if number.encode() in everything]
