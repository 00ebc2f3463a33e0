"""The administrator's way back: only by the link that was given out, once, within the hour."""

import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from starlette.applications import Starlette

from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.channels.zalo_oa.authorize import Authorized, Back, Pending, begin, pending_in, read_back
from tests.bot.channels.zalo_oa.standin import APP_ID, OAUTH, Oa, refused
from tests.conftest import TestClock

NEXT = {"access_token": "at_2", "refresh_token": "rt_2", "expires_in": "90000"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "var" / "zalo_authorization.json"


@pytest.fixture
def pending(file: Path, clock: TestClock) -> Pending:
    return begin(file, verifier="", now=clock())


@pytest.fixture
async def url(channel: ZaloOaChannel, web: Callable[[Starlette], Awaitable[str]], file: Path, clock: TestClock) -> str:
    page = Authorized(channel.oauth, tokens=channel.tokens, pending=file, clock=clock)
    return await web(Starlette(routes=[page.route])) + "/zalo/authorized"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def come_back(session: aiohttp.ClientSession, url: str, *, state: str, oa_id: str = "4") -> tuple[int, str]:
    async with session.get(url, params={"code": "c1", "oa_id": oa_id, "state": state}) as answer:
        return answer.status, await answer.text()


async def test_back_by_the_link(
    session: aiohttp.ClientSession, url: str, pending: Pending, channel: ZaloOaChannel, oa: Oa, file: Path
) -> None:
    oa.lay(OAUTH, NEXT)
    assert (await come_back(session, url, state=pending.state))[0] == 200
    assert [call.body for call in oa.calls] == [
        {
            "app_id": APP_ID,
            "code": "c1",
            "grant_type": "authorization_code",
            "code_verifier": pending.verifier,
        }
    ]
    assert await channel.tokens.access() == "at_2"
    assert not file.exists()
    assert (await come_back(session, url, state=pending.state))[0] == 403, "once"


@pytest.mark.parametrize("state", ["", "x", "đ"])
async def test_back_by_no_link_of_ours(
    state: str, session: aiohttp.ClientSession, url: str, pending: Pending, oa: Oa
) -> None:
    assert (await come_back(session, url, state=state))[0] == 403
    assert oa.calls == []


async def test_back_without_any_link(session: aiohttp.ClientSession, url: str, oa: Oa) -> None:
    assert (await come_back(session, url, state=""))[0] == 403
    assert oa.calls == []


@pytest.mark.parametrize("oa_id", ["5", ""])
async def test_back_with_another_oa(
    oa_id: str, session: aiohttp.ClientSession, url: str, file: Path, channel: ZaloOaChannel, oa: Oa, clock: TestClock
) -> None:
    pending = begin(file, verifier="", oa_id="4", now=clock())
    status, text = await come_back(session, url, state=pending.state, oa_id=oa_id)
    assert (status, "Nothing was changed" in text) == (403, True)
    assert oa.calls == []
    assert await channel.tokens.access() == "at_1"
    oa.lay(OAUTH, NEXT)
    assert (await come_back(session, url, state=pending.state, oa_id="4"))[0] == 200, "the link still holds"


async def test_back_too_late(
    session: aiohttp.ClientSession, url: str, pending: Pending, oa: Oa, clock: TestClock
) -> None:
    clock.advance(minutes=61)
    assert (await come_back(session, url, state=pending.state))[0] == 403
    assert oa.calls == []


async def test_zalo_gives_no_tokens(
    session: aiohttp.ClientSession, url: str, pending: Pending, channel: ZaloOaChannel, oa: Oa
) -> None:
    oa.lay(OAUTH, refused(-14003))
    status, text = await come_back(session, url, state=pending.state)
    assert (status, text) == (502, "Zalo gives no tokens (token_lost).")
    pair = await channel.tokens.pair()
    assert pair
    assert (pair.access, pair.failure) == ("at_1", ""), "what was there stays as it was"


def test_the_file_is_ours_alone(file: Path, pending: Pending, clock: TestClock) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert pending_in(file, now=clock()) == pending
    newer = begin(file, verifier="v" * 43, oa_id="4", now=clock())
    assert pending_in(file, now=clock()) == newer
    assert newer.verifier == "v" * 43
    assert not newer.matches(pending.state)
    file.write_text("{", encoding="utf-8")
    assert pending_in(file, now=clock()) is None


@pytest.mark.parametrize(
    ("pasted", "back"),
    [
        (" abc-DEF ", Back(code="abc-DEF")),
        ("https://bot.example.vn/zalo/authorized?code=c1&oa_id=4&state=s1", Back(code="c1", state="s1", oa_id="4")),
        ("https://bot.example.vn/zalo/authorized?oa_id=4&code=c1", Back(code="c1", oa_id="4")),
    ],
)
def test_what_is_pasted(pasted: str, back: Back) -> None:
    assert read_back(pasted) == back
