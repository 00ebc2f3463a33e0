"""What is answered to a delivery, and that nothing but a signed event of ours does anything."""

import contextlib
import io
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.applications import Starlette

from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.channels.zalo_oa.signature import sign
from bot.channels.zalo_oa.webhook import MOST_BYTES, Webhook
from bot.settings import SettingsError
from outreach.messaging import Incoming, IncomingKind, Receipt
from tests.bot.channels.zalo_oa.standin import ACCOUNT, APP_ID, APP_SECRET, OA_ID, OA_SECRET, USER_ID
from tests.bot.channels.zalo_oa.test_signature import BODY, MAC
from tests.conftest import NOW

Make = Callable[..., Awaitable[ZaloOaChannel]]
TIME = str(int(NOW.timestamp() * 1000))


class Taken:
    def __init__(self) -> None:
        self.incoming: list[Incoming] = []
        self.receipts: list[Receipt] = []
        self.durable = True
        self.fails = False

    async def take(self, incoming: Incoming) -> bool:
        self.incoming.append(incoming)
        return self.durable

    async def write(self, receipts: list[Receipt]) -> None:
        if self.fails:
            raise OSError("disk full")
        self.receipts += receipts

    @property
    def nothing(self) -> bool:
        return not self.incoming and not self.receipts


@pytest.fixture
def taken() -> Taken:
    return Taken()


@pytest.fixture
def serve(web: Callable[[Starlette], Awaitable[str]], taken: Taken) -> Callable[[ZaloOaChannel], Awaitable[str]]:
    async def start(channel: ZaloOaChannel) -> str:
        webhook = Webhook(channel, taken.take, receipts=taken.write)
        return await web(Starlette(routes=[webhook.route])) + "/zalo/oa"

    return start


@pytest.fixture
async def url(channel: ZaloOaChannel, serve: Callable[[ZaloOaChannel], Awaitable[str]]) -> str:
    return await serve(channel)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


def event(**changes: Any) -> dict[str, Any]:
    return {
        "app_id": APP_ID,
        "sender": {"id": USER_ID},
        "recipient": {"id": OA_ID},
        "event_name": "user_send_text",
        "message": {"text": "Xin chào", "msg_id": "a1b2"},
        "timestamp": TIME,
    } | changes


def signed(
    found: dict[str, Any], *, first: str = APP_ID, secret: str = OA_SECRET, prefix: str = "mac="
) -> dict[str, Any]:
    """Body and headers as Zalo would send them."""
    body = json.dumps(found, ensure_ascii=False).encode()
    mac = sign(body, first=first, timestamp=str(found.get("timestamp")), secret=secret)
    return {"data": body, "headers": {"X-ZEvent-Signature": prefix + mac, "Content-Type": "application/json"}}


async def status(session: aiohttp.ClientSession, url: str, **request: Any) -> int:
    async with session.post(url, **request) as answer:
        return answer.status


async def test_a_message_is_taken(session: aiohttp.ClientSession, url: str, taken: Taken) -> None:
    assert await status(session, url, **signed(event())) == 200
    [incoming] = taken.incoming
    assert (incoming.kind, incoming.text, incoming.update_id) == (IncomingKind.TEXT, "Xin chào", "a1b2")
    assert (incoming.address.account_id, incoming.address.external_id) == (ACCOUNT, USER_ID)


async def test_the_body_of_the_vector(
    session: aiohttp.ClientSession, channel: ZaloOaChannel, serve: Any, taken: Taken, clock: Any
) -> None:
    clock.now = NOW.replace(year=2026, month=9, day=22)
    url = await serve(channel)
    assert await status(session, url, data=BODY, headers={"X-ZEvent-Signature": MAC}) == 200
    assert [incoming.text for incoming in taken.incoming] == ["Xin chào"]


@pytest.mark.parametrize("prefix", ["mac=", "", "MAC="])
async def test_with_and_without_the_prefix(prefix: str, session: aiohttp.ClientSession, url: str, taken: Taken) -> None:
    assert await status(session, url, **signed(event(), prefix=prefix)) == 200
    assert len(taken.incoming) == 1


@pytest.mark.parametrize(
    ("changes", "first", "secret"),
    [
        ({}, APP_ID, OA_SECRET),
        ({"zalo_signature_id": "oa"}, OA_ID, OA_SECRET),
        ({"zalo_signature_secret": "app"}, APP_ID, APP_SECRET),
        ({"zalo_signature_secret": "app", "zalo_signature_id": "oa"}, OA_ID, APP_SECRET),
    ],
)
async def test_each_variant_is_one_setting(
    changes: dict[str, str],
    first: str,
    secret: str,
    session: aiohttp.ClientSession,
    channel_with: Make,
    serve: Callable[[ZaloOaChannel], Awaitable[str]],
    taken: Taken,
) -> None:
    url = await serve(await channel_with(**changes))
    for a_first in (APP_ID, OA_ID):
        for a_secret in (OA_SECRET, APP_SECRET):
            wanted = 200 if (a_first, a_secret) == (first, secret) else 403
            assert await status(session, url, **signed(event(), first=a_first, secret=a_secret)) == wanted
    assert len(taken.incoming) == 1


async def test_without_the_secret_it_does_not_begin(channel_with: Make, taken: Taken) -> None:
    channel = await channel_with(zalo_signature_secret="oa")
    channel.settings = channel.settings.model_copy(update={"zalo_oa_secret": None})
    with pytest.raises(SettingsError, match="LOATRE_ZALO_OA_SECRET is not set"):
        Webhook(channel, taken.take, receipts=taken.write)
    channel.settings = channel.settings.model_copy(update={"zalo_oa_secret": SecretStr("12345678")})
    Webhook(channel, taken.take, receipts=taken.write)


async def test_receipts_go_their_own_way(session: aiohttp.ClientSession, url: str, taken: Taken) -> None:
    seen = event(event_name="user_seen_message", message={"msg_ids": ["m8", "m9"]})
    assert await status(session, url, **signed(seen)) == 200
    assert [receipt.refs for receipt in taken.receipts] == [("m8", "m9")]
    taken.fails = True
    assert await status(session, url, **signed(seen)) == 503


async def test_what_is_not_durable_is_not_acknowledged(session: aiohttp.ClientSession, url: str, taken: Taken) -> None:
    taken.durable = False
    async with session.post(url, **signed(event())) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")


@pytest.mark.parametrize(
    "changes",
    [
        {"event_name": "user_learns_to_fly"},
        {"event_name": None},
        {"app_id": "2"},
        {"recipient": {"id": "4"}},
        {"message": {"text": "x" * 100}, "sender": []},
    ],
)
async def test_what_is_signed_and_not_for_us_is_acknowledged_and_left(
    changes: dict[str, Any], session: aiohttp.ClientSession, url: str, taken: Taken
) -> None:
    assert await status(session, url, **signed(event(**changes))) == 200
    assert taken.nothing


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"{}", 403),
        (b'{"timestamp":"\\ud800"}', 403),
        (b'{"timestamp":{}}', 403),
        (b" " * (MOST_BYTES + 1), 413),
    ],
)
async def test_nonsense(body: bytes, wanted: int, session: aiohttp.ClientSession, url: str, taken: Taken) -> None:
    assert await status(session, url, data=io.BytesIO(body)) == wanted
    assert taken.nothing


async def test_a_huge_body_is_not_read_to_its_end(url: str, session: aiohttp.ClientSession, taken: Taken) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1024):
            read += 1
            yield b" " * 65_536

    with contextlib.suppress(aiohttp.ClientError):  # the door may be shut while we are still talking
        assert await status(session, url, data=endless()) == 413
    assert read < 1024
    assert taken.nothing


GOOD = signed(event())


@settings(max_examples=80)
@given(
    place=st.integers(0, len(GOOD["data"]) - 1),
    put=st.binary(max_size=12),
    cut=st.booleans(),
    other=st.text("0123456789abcdef", max_size=64),
)
async def test_nothing_forged_changes_anything(
    place: int, put: bytes, cut: bool, other: str, session: aiohttp.ClientSession, url: str, taken: Taken
) -> None:
    """Bodies cut, stretched and changed anywhere, old signatures on new words, and any header."""
    body, header = GOOD["data"], GOOD["headers"]["X-ZEvent-Signature"]
    forged = body[:place] + put + (b"" if cut else body[place + 1 :])
    for content, mac in ((forged, header), (body, other), (forged, other)):
        if (content, mac) != (body, header):
            assert await status(session, url, data=content, headers={"X-ZEvent-Signature": mac}) in {400, 403}
    assert taken.nothing


async def test_it_answers_well_within_two_seconds(session: aiohttp.ClientSession, url: str) -> None:
    began = time.monotonic()
    for n in range(50):
        assert await status(session, url, **signed(event(message={"text": "hi", "msg_id": f"m{n}"}))) == 200
    assert time.monotonic() - began < 2
