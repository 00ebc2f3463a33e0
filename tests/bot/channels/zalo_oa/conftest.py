"""The stand-in served on a real socket, and our channel in front of it."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
from aiohttp import web

from bot.channels.shelf import MediaShelf
from bot.channels.zalo_oa.adapter import ZaloOaChannel
from storage.database import Database
from storage.evidence_files import EvidenceFiles
from tests.bot.channels.zalo_oa.standin import (
    ACCOUNT,
    APP_SECRET,
    GETOA,
    ME,
    OA_SECRET,
    USER_ID,
    Oa,
    make_pair,
    settings_for,
)
from tests.conftest import TestClock

SECRETS = ("at_1", "rt_1", "at_2", "rt_2", APP_SECRET, OA_SECRET, USER_ID)


@pytest.fixture
async def oa() -> AsyncIterator[Oa]:
    found = Oa()
    found.lay(GETOA, {"error": 0, "data": ME})
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", found.receive)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    found.address = f"http://{host}:{port}"
    yield found
    await runner.cleanup()


@pytest.fixture
async def channel_with(
    oa: Oa, database: Database, clock: TestClock, shelved: EvidenceFiles
) -> AsyncIterator[Callable[..., Awaitable[ZaloOaChannel]]]:
    """A started channel with a pair of tokens, and with settings: `await channel_with(zalo_buttons="none")`."""
    opened: list[ZaloOaChannel] = []

    async def make(**changes: Any) -> ZaloOaChannel:
        channel = ZaloOaChannel(
            settings_for(oa, **changes),
            transactions=database,
            account_id=ACCOUNT,
            takeover_seconds=0.4,
            shelf=MediaShelf(database, shelved),
            clock=clock,
        )
        channel._outgoing._first_wait = 0.01
        await channel.tokens.give(make_pair())
        await channel.start()
        oa.calls.clear()
        opened.append(channel)
        return channel

    yield make
    for channel in opened:
        await channel.stop()


@pytest.fixture
async def channel(channel_with: Callable[..., Awaitable[ZaloOaChannel]]) -> ZaloOaChannel:
    return await channel_with()


@pytest.fixture(autouse=True)
def no_secret_in_the_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Of our own lines; what the stand-in's server says of itself is no business of ours."""
    yield
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    lines = "\n".join(logging.Formatter().format(record) for record in records if record.name.startswith("bot."))
    assert not [secret for secret in SECRETS if secret in lines]
