"""The channel as the port has it."""

from collections.abc import Awaitable, Callable

import pytest

from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.settings import SettingsError
from outreach.messaging import Channel, Reply, SendError
from storage.database import Database
from tests.bot.channels.zalo_oa.standin import GETOA, USER_ID, Oa, Other, refused, settings_for

Make = Callable[..., Awaitable[ZaloOaChannel]]


def test_it_is_a_channel(channel: ZaloOaChannel) -> None:
    port: Channel = channel
    capabilities = port.capabilities
    assert (capabilities.max_text, capabilities.max_buttons, capabilities.max_payload_bytes) == (2000, 5, 64)
    assert capabilities.file_suffixes == frozenset({".pdf", ".doc", ".docx", ".png", ".jpg", ".jpeg"})
    assert (capabilities.windowed, capabilities.receipts, capabilities.articles) == (True, True, True)
    assert (capabilities.keyboard, capabilities.edits, capabilities.start_payload, capabilities.recall_hours) == (
        False,
    ) * 3 + (0,)


async def test_what_an_oa_has_not(channel: ZaloOaChannel, oa: Oa) -> None:
    await channel.answer_tap("", "Xong")
    await channel.show_commands(USER_ID, (("tin", "Tin tức"),))
    with pytest.raises(SendError, match="harmless: cannot_delete"):
        await channel.recall(USER_ID, "m1")
    assert oa.calls == []


@pytest.mark.parametrize("name", ["zalo_app_id", "zalo_app_secret"])
def test_what_must_be_told(name: str, oa: Oa, database: Database) -> None:
    settings = settings_for(oa).model_copy(update={name: None})
    with pytest.raises(SettingsError, match=f"LOATRE_{name.upper()} is not set"):
        ZaloOaChannel(settings, transactions=database)


async def test_a_start_that_fails_closes_the_door(oa: Oa, database: Database, channel_with: Make) -> None:
    bare = ZaloOaChannel(settings_for(oa), transactions=database)
    with pytest.raises(SendError, match="revoked: token_missing"):
        await bare.start()
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = bare.me
    oa.lay(GETOA, refused(-212))
    with pytest.raises(SendError, match="revoked: api_not_registered"):
        await channel_with()
    assert oa.paths() == []
    assert bare.http._session is None


async def test_never_inside_a_transaction(channel: ZaloOaChannel, database: Database, oa: Oa) -> None:
    async with database.write():
        with pytest.raises(RuntimeError, match="inside a database transaction"):
            await channel.send(USER_ID, Reply(text="Chào"))
    assert oa.calls == []


async def test_a_file_behind_an_address(channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay("/sim/files/1", Other(body=b"giay khen"))
    assert await channel.download(f"{oa.address}/sim/files/1", max_bytes=20) == b"giay khen"
    assert "access_token" not in oa.calls[0].headers, "whoever hosts files needs no token of ours"
    with pytest.raises(SendError, match="our_fault: file_too_big"):
        await channel.download(f"{oa.address}/sim/files/1", max_bytes=8)
    oa.lay("/sim/files/1", Other(status=307, headers={"Location": f"{oa.address}/secret"}))
    with pytest.raises(SendError, match="our_fault: file_unavailable"):
        await channel.download(f"{oa.address}/sim/files/1", max_bytes=20)
    assert [call.path for call in oa.calls] == ["/sim/files/1"] * 3


@pytest.mark.parametrize(
    ("ref", "fetched"),
    [
        ("https://f.zdn.vn/a?x=1", "https://f.zdn.vn/a?x=1"),
        ("http://f.zdn.vn/a", "https://f.zdn.vn/a"),
        ("https://F5-ZDN.zadn.VN/a", "https://f5-zdn.zadn.vn/a"),
        ("https://zdn.vn/a", "https://zdn.vn/a"),
        ("https://files.vn/a", "https://files.vn/a"),
    ],
)
async def test_where_files_may_lie(ref: str, fetched: str, channel_with: Make) -> None:
    channel = await channel_with(zalo_media_hosts="zdn.vn, zadn.vn,files.vn")
    assert channel._trusted(ref) == fetched


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "x",
        "https://",
        "https://[::1",
        "https://evilzdn.vn/a",
        "https://zdn.vn.evil.example/a",
        "https://user@zdn.vn/a",
        "https://zdn.vn:8443/a",
        "https://zdn.vn:port/a",
        "ftp://zdn.vn/a",
        "file:///etc/passwd",
        "http://127.0.0.1:1/a",
        "http://169.254.169.254/latest",
        "https://openapi.zalo.me/a",
    ],
)
async def test_where_no_files_lie(ref: str, channel: ZaloOaChannel, oa: Oa) -> None:
    with pytest.raises(SendError, match="our_fault: file_unavailable"):
        await channel.download(ref, max_bytes=10)
    assert oa.calls == []
