"""The channel in front of the pretend Official Account: what leaves comes back, and what people do arrives."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.channels.zalo_oa.oauth import ACCESS_LASTS, REFRESH_LASTS
from bot.channels.zalo_oa.webhook import Webhook
from bot.settings import FixedSettings
from outreach.broadcasts.model import Article
from outreach.clock import system_clock
from outreach.messaging import (
    AccountId,
    Button,
    Incoming,
    IncomingKind,
    OutgoingFile,
    Receipt,
    ReceiptKind,
    Reply,
    SendError,
)
from outreach.tokens import TokenPair
from simulator.client import Client
from storage.database import Database
from tests.bot.channels.zalo_oa.standin import APP_ID, APP_SECRET, OA_ID, OA_SECRET

Make = Callable[..., Awaitable[ZaloOaChannel]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
READ = ((Button(label="Đọc", payload="news:read:1"),), (Button(label="Xem", url="https://example.vn"),))


class Heard:
    def __init__(self) -> None:
        self.incoming: list[Incoming] = []
        self.receipts: list[Receipt] = []

    async def take(self, incoming: Incoming) -> bool:
        self.incoming.append(incoming)
        return True

    async def write(self, receipts: list[Receipt]) -> None:
        self.receipts += receipts

    @property
    def kinds(self) -> list[IncomingKind]:
        return [incoming.kind for incoming in self.incoming]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def connect(
    simulator: Client, address: str, database: Database, heard: Heard, web: Callable[[Starlette], Awaitable[str]]
) -> AsyncIterator[Make]:
    """A started channel whose webhook the pretend Zalo knows: `await connect(oa_type=4)` sets the simulator."""
    opened: list[ZaloOaChannel] = []

    async def make(zalo: dict[str, Any] | None = None, **ours: Any) -> ZaloOaChannel:
        await simulator.order("zalo/oa/settings", zalo or {})
        settings = FixedSettings(
            zalo_app_id=APP_ID,
            zalo_app_secret=SecretStr(APP_SECRET),
            zalo_oa_secret=SecretStr(OA_SECRET),
            zalo_api_url=f"{address}/zalo-oa",
            zalo_oauth_url=f"{address}/zalo-oauth",
            **ours,
        )
        channel = ZaloOaChannel(settings, transactions=database, account_id=AccountId(7))
        opened.append(channel)
        given, now = await simulator.order("zalo/oa/tokens"), system_clock()
        await channel.tokens.give(
            TokenPair(
                access=given["access_token"],
                refresh=given["refresh_token"],
                refreshed_at=now,
                access_expires_at=now + ACCESS_LASTS,
                refresh_expires_at=now + REFRESH_LASTS,
            )
        )
        await channel.start()
        webhook = Webhook(channel, heard.take, receipts=heard.write)
        url = await web(Starlette(routes=[webhook.route])) + "/zalo/oa"
        await simulator.order("zalo/oa/settings", {"webhook": url})
        return channel

    yield make
    for channel in opened:
        await channel.stop()


@pytest.fixture
async def channel(connect: Make) -> ZaloOaChannel:
    return await connect()


async def somebody(simulator: Client, **about: Any) -> str:
    return str((await simulator.order("zalo/oa/people", {"name": "An", "follows": True} | about))["id"])


async def shown(simulator: Client, person: str) -> list[dict[str, Any]]:
    """The messages of the OA on her phone."""
    chat = await simulator.read(f"zalo/oa/people/{person}/chat")
    return [message for message in chat["messages"] if message["from"] == "oa"]


async def test_who_the_account_is(channel: ZaloOaChannel) -> None:
    assert (channel.me.oa_id, channel.me.oa_type) == (OA_ID, 2)


async def test_a_button_from_its_sending_to_its_press(
    channel: ZaloOaChannel, simulator: Client, heard: Heard, until: Until
) -> None:
    person = await somebody(simulator)
    sent = await channel.send(person, Reply(text="<b>Tin mới</b>", buttons=READ))
    [message] = await shown(simulator, person)
    assert (message["message_id"], message["text"]) == (sent.refs[0], "Tin mới")
    assert [button["title"] for button in message["buttons"]] == ["Đọc", "Xem"]
    assert sent.charged == 0
    await simulator.order(f"zalo/oa/people/{person}/press", {"title": "Đọc"})
    await until(lambda: bool(heard.incoming))
    [pressed] = heard.incoming
    assert (pressed.kind, pressed.payload, pressed.address.external_id) == (
        IncomingKind.BUTTON,
        "news:read:1",
        person,
    )


@pytest.mark.parametrize("sender", ["oa", "user"])
async def test_receipts_in_either_direction(
    sender: str, connect: Make, simulator: Client, heard: Heard, until: Until
) -> None:
    channel = await connect({"receipt_sender": sender})
    person = await somebody(simulator)
    sent = await channel.send(person, Reply(text="Tin mới"))
    await until(lambda: bool(heard.receipts))
    await simulator.order(f"zalo/oa/people/{person}/seen")
    await until(lambda: len(heard.receipts) > 1)
    told = {receipt.kind: (receipt.address.external_id, receipt.refs) for receipt in heard.receipts}
    assert told == {ReceiptKind.RECEIVED: (person, sent.refs), ReceiptKind.SEEN: (person, sent.refs)}
    assert heard.incoming == [], "our own message came back, and was left alone"


@pytest.mark.parametrize("sender", ["oa", "user"])
async def test_the_receipts_of_an_article_name_it_to_each_of_its_readers(
    sender: str, connect: Make, simulator: Client, heard: Heard, until: Until
) -> None:
    channel = await connect({"receipt_sender": sender, "night_rule": False, "review_seconds": 0})
    people = {await somebody(simulator), await somebody(simulator)}
    article = Article(
        title="Tin", author="Đoàn", description="Tin", paragraphs=("Tin",), cover_url="https://example.vn/bia.jpg"
    )
    token = await channel.client.create_article(article)
    async with asyncio.timeout(5):
        while (made := await channel.client.verify_article(token)) is None:
            await asyncio.sleep(0.05)
    message = await channel.client.broadcast(made)
    await until(lambda: len(heard.receipts) == len(people))
    await simulator.order(f"zalo/oa/people/{min(people)}/open", {"message_id": message})
    await until(lambda: len(heard.receipts) > len(people))
    told = {(receipt.kind, receipt.address.external_id, receipt.refs) for receipt in heard.receipts}
    received = {(ReceiptKind.RECEIVED, person, (message,)) for person in people}
    assert told == received | {(ReceiptKind.SEEN, min(people), (message,))}


async def test_what_people_do(channel: ZaloOaChannel, simulator: Client, heard: Heard, until: Until) -> None:
    person = await somebody(simulator, follows=False)
    path = f"zalo/oa/people/{person}"
    steps: list[tuple[str, Any, IncomingKind]] = [
        ("chatnow", None, IncomingKind.START),
        ("follow", None, IncomingKind.START),
        ("text", {"text": "Xin chào"}, IncomingKind.TEXT),
        ("sticker", None, IncomingKind.OTHER),
        ("location", None, IncomingKind.OTHER),
        ("admin", {"text": "chào bạn"}, IncomingKind.STAFF),
        ("admin", {"text": "#xong"}, IncomingKind.STAFF),
        ("unfollow", None, IncomingKind.BLOCKED),
        ("withdraw", None, IncomingKind.WITHDRAW),
    ]
    for number, (action, body, _) in enumerate(steps, start=1):
        await simulator.order(f"{path}/{action}", body)
        await until(lambda: len(heard.incoming) >= number)  # noqa: B023  awaited before the next one
    assert heard.kinds == [kind for _, _, kind in steps]
    assert {incoming.address.external_id for incoming in heard.incoming} == {person}
    assert len({incoming.update_id for incoming in heard.incoming}) == len(steps)
    assert heard.incoming[6].payload == "done"


async def test_a_file_of_hers_is_fetched(channel: ZaloOaChannel, simulator: Client, heard: Heard, until: Until) -> None:
    person = await somebody(simulator)
    await simulator.give_zalo(f"oa/people/{person}/file", ("giấy khen.pdf", b"%PDF-1.7"))
    await until(lambda: bool(heard.incoming))
    [attachment] = heard.incoming[0].attachments
    assert (attachment.name, attachment.size) == ("giấy khen.pdf", 8)
    assert await channel.download(attachment.ref, max_bytes=100) == b"%PDF-1.7"


@pytest.mark.parametrize("prefix", ["mac=", ""])
@pytest.mark.parametrize("first", ["app", "oa"])
async def test_each_variant_of_the_signature(
    prefix: str, first: str, connect: Make, simulator: Client, heard: Heard, until: Until
) -> None:
    await connect({"signature_prefix": prefix, "signature_first": f"{first}_id"}, zalo_signature_id=first)
    person = await somebody(simulator)
    await simulator.order(f"zalo/oa/people/{person}/text", {"text": "Xin chào"})
    await until(lambda: bool(heard.kinds))
    assert heard.kinds == [IncomingKind.TEXT]


async def test_a_state_agency(connect: Make, simulator: Client) -> None:
    channel = await connect({"oa_type": 4})
    person = await somebody(simulator)
    await channel.send(person, Reply(text="Tin mới"))
    assert channel.client.send_api == "v2"
    assert len(await shown(simulator, person)) == 1


@pytest.mark.parametrize("code", [-201, -233])
async def test_an_account_without_buttons(code: int, connect: Make, simulator: Client) -> None:
    channel = await connect({"refuse_buttons": code})
    person = await somebody(simulator)
    for _ in range(2):
        await channel.send(person, Reply(text="Tin mới", buttons=READ))
    texts = [message["text"] for message in await shown(simulator, person)]
    assert texts == ["Tin mới\n\n1. Đọc\nXem: https://example.vn"] * 2


async def test_a_picture_and_a_paper(
    channel: ZaloOaChannel, simulator: Client, picture: Callable[[int, int], bytes]
) -> None:
    person = await somebody(simulator)
    await channel.send(person, Reply(text="Lịch", file=OutgoingFile(name="l.png", kind="x")), data=picture(9, 9))
    await channel.send(person, Reply(text="Đây", file=OutgoingFile(name="d.docx", kind="x")), data=b"PK")
    first, words, paper = await shown(simulator, person)
    assert (first["text"], bool(first["image_url"])) == ("Lịch", True)
    assert (words["text"], paper["file"]["name"]) == ("Đây", "d.docx")


async def test_the_windows(connect: Make, simulator: Client) -> None:
    channel = await connect({"sub_quota": 1})
    fresh, paid, closed = [await somebody(simulator, interacted_hours_ago=hours) for hours in (1, 60, 200)]
    assert (await channel.send(fresh, Reply(text="Tin"))).charged == 0
    assert [(await channel.send(paid, Reply(text="Tin"))).charged for _ in range(2)] == [0, 1]
    with pytest.raises(SendError, match="window_closed: outside_window"):
        await channel.send(closed, Reply(text="Tin"))
    await simulator.order(f"zalo/oa/people/{fresh}/block")
    with pytest.raises(SendError, match="gone: blocked"):
        await channel.send(fresh, Reply(text="Tin"))


async def test_the_token_of_yesterday(channel: ZaloOaChannel, simulator: Client) -> None:
    """The simulator's clock goes on; ours does not know, so Zalo's refusal is what tells."""
    person = await somebody(simulator)
    before = await simulator.read("zalo/oa/tokens")
    await simulator.order("clock", {"advance": 26 * 3600})
    await channel.send(person, Reply(text="Tin"))
    after = await simulator.read("zalo/oa/tokens")
    assert after["rotations"] == before["rotations"] + 1
    pair = await channel.tokens.pair()
    assert pair
    assert pair.access == after["access_token"]


async def test_a_lost_refresh_token(channel: ZaloOaChannel, simulator: Client) -> None:
    person = await somebody(simulator)
    await simulator.order("zalo/oa/tokens")  # somebody took a new pair in the console: ours is dead
    for _ in range(2):
        with pytest.raises(SendError, match="revoked: token_lost"):
            await channel.send(person, Reply(text="Tin"))
    assert await shown(simulator, person) == []


async def test_one_call_too_many(connect: Make, simulator: Client) -> None:
    channel = await connect({"limits": True, "rate_per_minute": 3})
    person = await somebody(simulator)
    for _ in range(2):  # the first call asked who we are
        await channel.send(person, Reply(text="Tin"))
    with pytest.raises(SendError, match="not_now: rate_limit"):
        await channel.send(person, Reply(text="Tin"))
    await simulator.order("zalo/oa/settings", {"limits": False})
