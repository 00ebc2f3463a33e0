"""No body that a webhook is sent changes what it should not: from the socket to the tables, compared with one clean delivery."""

import asyncio
import io
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from bot.channels.durable import Durable
from bot.channels.zalo_bot.adapter import ZaloBotChannel
from bot.channels.zalo_bot.webhook import SECRET_HEADER
from bot.channels.zalo_bot.webhook import Webhook as BotWebhook
from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.channels.zalo_oa.signature import HEADER, sign
from bot.channels.zalo_oa.webhook import MOST_BYTES
from bot.channels.zalo_oa.webhook import Webhook as OaWebhook
from bot.receipts import ReceiptBook
from content.catalog import Catalog
from handlers.registry import registry
from handlers.router import Router
from handlers.turn import Door, World
from outreach.directory import UnitDirectory
from outreach.messaging import Account, AccountId, ChannelName, Incoming
from outreach.pack import Pack
from storage import tables as t
from storage.database import Database
from storage.types import Keyring
from storage.units import sync_units
from tests.bot.channels.zalo_oa.standin import APP_ID, OA_ID, OA_SECRET, Oa, settings_for
from tests.conftest import NOW, TestClock

SECRET = "bi-mat_1"
MILLISECONDS = int(NOW.timestamp() * 1000)
JOINS = ("src_06325", "đủ 16 rồi", "đồng ý nhận tin", "2008", "đúng")
STAYS = (*JOINS, "hỏi", "Giải này có tiền thưởng không?", "đề cử", "1", "của tôi", "tạm nghỉ 1 tháng")
LEAVES = (*JOINS, "xóa hết", "xóa hết")
Tables = dict[str, list[Any]]
Serve = Callable[[Starlette], Awaitable[str]]


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A body, and the headers that prove it."""

    body: bytes
    headers: dict[str, str]


def from_oa(event_name: str, person: str, number: int, *, secret: str = OA_SECRET, **message: Any) -> Delivery:
    event = {
        "app_id": APP_ID,
        "sender": {"id": person},
        "recipient": {"id": OA_ID},
        "event_name": event_name,
        "message": {"msg_id": f"m{number}", **message},
        "timestamp": str(MILLISECONDS),
    }
    return signed(json.dumps(event, ensure_ascii=False).encode(), secret=secret)


def signed(body: bytes, *, secret: str = OA_SECRET) -> Delivery:
    mac = sign(body, first=APP_ID, timestamp=str(MILLISECONDS), secret=secret)
    return Delivery(body=body, headers={HEADER: f"mac={mac}"})


def from_bot(event_name: str, person: str, number: int, *, secret: str = SECRET, **message: Any) -> Delivery:
    about = {
        "from": {"id": person, "display_name": "An", "is_bot": False},
        "chat": {"id": person, "chat_type": "PRIVATE"},
        "message_id": f"m{number}",
        "date": MILLISECONDS,
    }
    body = json.dumps({"event_name": event_name, "message": {**about, **message}}, ensure_ascii=False).encode()
    return Delivery(body=body, headers={SECRET_HEADER: secret})


def delivered_by_oa(*, secret: str = OA_SECRET) -> Iterator[Delivery]:
    numbers = count(1)
    for person, words in (("2001", STAYS), ("2002", LEAVES)):
        for text in words:
            yield from_oa("user_send_text", person, next(numbers), secret=secret, text=text)
    yield from_oa("user_send_sticker", "2001", next(numbers), secret=secret)
    yield from_oa("user_seen_message", "2001", next(numbers), secret=secret, msg_ids=["m8"])


def delivered_by_bot(*, secret: str = SECRET) -> Iterator[Delivery]:
    numbers = count(1)
    for person, words in (("a1", STAYS), ("a2", LEAVES)):
        for text in words:
            yield from_bot("message.text.received", person, next(numbers), secret=secret, text=text)
    yield from_bot("message.unsupported.received", "a1", next(numbers), secret=secret)


def forged_by_oa(true: Delivery) -> Iterator[Delivery]:
    """Cut off, made longer, and signed by others; cut off and signed all the same."""
    for end in range(1, len(true.body), 40):
        yield Delivery(body=true.body[:end], headers=true.headers)
        yield signed(true.body[:end])
    other = from_oa("user_send_text", "2001", 900, text="xóa hết")
    yield Delivery(body=other.body, headers=true.headers)
    yield Delivery(body=other.body, headers={})
    yield from_oa("user_send_text", "2001", 901, secret="another-secret", text="dừng")
    yield signed(true.body + b" " * MOST_BYTES)


def forged_by_bot(true: Delivery) -> Iterator[Delivery]:
    for end in range(1, len(true.body), 40):
        yield Delivery(body=true.body[:end], headers=true.headers)
    yield from_bot("message.text.received", "a1", 900, secret="another-secret", text="dừng")
    yield Delivery(body=from_bot("message.text.received", "a1", 901, text="xóa hết").body, headers={})
    yield Delivery(body=true.body + b" " * MOST_BYTES, headers=true.headers)


DELIVERED = {ChannelName.ZALO_OA: delivered_by_oa, ChannelName.ZALO_BOT: delivered_by_bot}
FORGED = {ChannelName.ZALO_OA: forged_by_oa, ChannelName.ZALO_BOT: forged_by_bot}


@dataclass(kw_only=True)
class Process:
    """Everything between the socket and the tables, as the program wires it; what it promises stays in the outbox."""

    url: str
    database: Database
    durable: Durable
    book: ReceiptBook
    session: aiohttp.ClientSession

    async def post(self, delivery: Delivery) -> int:
        async with self.session.post(self.url, data=io.BytesIO(delivery.body), headers=delivery.headers) as answer:
            return answer.status

    async def breaks_off(self, delivery: Delivery) -> None:
        """The connection ends in the middle of the body."""
        place = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        head = [f"POST {place.path} HTTP/1.1", "Host: a", f"Content-Length: {len(delivery.body)}"]
        head += [f"{name}: {value}" for name, value in delivery.headers.items()]
        writer.write("\r\n".join([*head, "", ""]).encode() + delivery.body[: len(delivery.body) // 2])
        await writer.drain()
        writer.close()
        assert await reader.read() == b""

    async def dies(self) -> None:
        for turn in self.durable._turns.values():
            turn.cancel()
        await self.ends()

    async def ends(self) -> None:
        await self.durable.stop()
        await self.book.close()

    async def tables(self) -> Tables:
        await self.ends()
        async with self.database.read() as tx:
            return {
                table.name: [tuple(row) for row in await tx.connection.execute(select(table))]
                for table in t.metadata.sorted_tables
            }


@dataclass(kw_only=True)
class Ground:
    channel: ChannelName
    pack: Pack
    clock: TestClock
    serve: Serve
    session: aiohttp.ClientSession

    async def starts(self, database: Database, *, hung: bool = False) -> Process:
        """The program over that database, perhaps after an end; `hung`: the turns of this one never end."""
        async with database.write() as tx:
            account_id = await tx.contacts.account(channel=self.channel, external_id=OA_ID, name="Loa Trẻ")
            ids = await sync_units(tx.connection, self.pack)
        channel = await self._channel(database, account_id)
        door = Door(
            channel=self.channel,
            account_id=account_id,
            name="Loa Trẻ",
            capabilities=channel.capabilities,
            link=str,
            rate=1.0,
        )
        units = UnitDirectory({row.code: row for row in self.pack.units}, ids, self.pack.province.code)
        router = Router(
            transactions=database,
            world=World(pack=self.pack, catalog=Catalog(), units=units, doors=(door,)),
            registry=registry(),
            clock=self.clock,
            deliver=lambda _: None,
        )

        async def never(_: Incoming) -> None:
            await asyncio.Event().wait()

        durable = Durable(database, never if hung else router.handle, patience=0.0, clock=self.clock)
        if not hung:
            await durable.replay(at_start=True)
        book = ReceiptBook(transactions=database, pack=self.pack)
        if isinstance(channel, ZaloOaChannel):
            route = OaWebhook(channel, durable.take, receipts=book.take).route
        else:
            route = BotWebhook(channel, durable.take, secret=SECRET).route
        url = await self.serve(Starlette(routes=[route])) + route.path
        return Process(url=url, database=database, durable=durable, book=book, session=self.session)

    async def _channel(self, database: Database, account_id: AccountId) -> ZaloOaChannel | ZaloBotChannel:
        if self.channel == ChannelName.ZALO_BOT:
            return ZaloBotChannel(token="1:a", account_id=account_id, clock=self.clock)
        made = ZaloOaChannel(
            settings_for(Oa(address="http://127.0.0.1:9")),
            transactions=database,
            account_id=account_id,
            takeover_seconds=0.1,
            clock=self.clock,
        )
        await made.start(before=Account(account_id=account_id, external_id=OA_ID, name="Loa Trẻ"))
        await made.stop()
        return made


@pytest.fixture(params=DELIVERED, ids=str)
async def ground(request: pytest.FixtureRequest, langson: Pack, clock: TestClock, web: Serve) -> AsyncIterator[Ground]:
    async with aiohttp.ClientSession() as session:
        yield Ground(channel=request.param, pack=langson, clock=clock, serve=web, session=session)


@pytest.fixture
async def once(ground: Ground, database: Database) -> Tables:
    """What stands in the tables after every body was delivered once."""
    process = await ground.starts(database)
    for one in DELIVERED[ground.channel]():
        assert await process.post(one) == 200
    return await process.tables()


@pytest.fixture
async def second(sqlite_template: Path, tmp_path: Path, keyring: Keyring) -> AsyncIterator[Database]:
    shutil.copyfile(sqlite_template, tmp_path / "second.db")
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'second.db'}", keyring=keyring)
    yield opened
    await opened.close()


async def test_what_is_delivered_again_changes_nothing(ground: Ground, once: Tables, second: Database) -> None:
    """At the same time, afterwards, after an end in the middle of its turn, and all of it once more at last."""
    one_has_stayed = {"address": 1, "question": 1, "nomination": 1, "inbox": 0}
    assert {name: len(once[name]) for name in one_has_stayed} == one_has_stayed
    bodies = list(DELIVERED[ground.channel]())
    process = await ground.starts(second)
    for number, one in enumerate(bodies):
        if number % 7 == 3:  # in the middle of joining, for one, and of being erased
            dying = await ground.starts(second, hung=True)
            assert await dying.post(one) == 200, "it is acknowledged, and on the disk"
            await dying.dies()
            await process.ends()
            process = await ground.starts(second)
        assert {*await asyncio.gather(process.post(one), process.post(one))} == {200}
        assert await process.post(one) == 200
    assert await process.tables() == once
    again = await ground.starts(second)
    assert {await again.post(one) for one in bodies} == {200}
    assert await again.tables() == once


async def test_what_is_forged_cut_off_or_huge_changes_nothing(ground: Ground, once: Tables, database: Database) -> None:
    process = await ground.starts(database)
    true = next(DELIVERED[ground.channel]())
    for one in FORGED[ground.channel](true):
        assert await process.post(one) in {400, 403, 413}
    for one in DELIVERED[ground.channel](secret="another-secret"):
        assert await process.post(one) == 403
    await process.breaks_off(from_oa("user_send_text", "2001", 902, text="dừng"))
    await process.breaks_off(from_bot("message.text.received", "a1", 902, text="dừng"))
    assert await process.tables() == once
