"""The calls as they leave, the two ways of sending, and the pace."""

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.channels.zalo_oa.client import Quota
from bot.channels.zalo_oa.publisher import OaPublisher
from outreach.broadcasts.model import Article, ArticlesLeft
from outreach.messaging import Reply, SendError, SendErrorKind
from tests.bot.channels.zalo_oa.standin import CS, GETOA, ME, OA_ID, USER_ID, V2, Oa, accepted, refused

Make = Callable[..., Awaitable[ZaloOaChannel]]
QUOTA = "/v3.0/oa/quota/message"


async def test_a_text_as_it_leaves(channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay(CS, accepted("m7"))
    sent = await channel.send(USER_ID, Reply(text="<b>Chào</b> An &amp; Bình"))
    assert (sent.refs, sent.charged) == (("m7",), 0)
    [call] = oa.calls
    assert (call.method, call.path) == ("POST", CS)
    assert call.headers["access_token"] == "at_1"
    assert "authorization" not in call.headers
    assert "appsecret_proof" not in call.headers
    assert call.body == {"recipient": {"user_id": USER_ID}, "message": {"text": "Chào An & Bình"}}


async def test_with_the_proof(channel_with: Make, oa: Oa) -> None:
    channel = await channel_with(zalo_secret_proof=True)
    await channel.send(USER_ID, Reply(text="Chào"))
    wanted = hmac.new(b"example-app-secret", b"at_1", hashlib.sha256).hexdigest()
    assert oa.calls[0].headers["appsecret_proof"] == wanted


async def test_who_we_are(channel: ZaloOaChannel) -> None:
    me = channel.me
    assert (me.oa_id, me.name, me.oa_type, me.verified, me.package) == (OA_ID, "Tỉnh Đoàn", 2, True, "Growth")
    assert me.valid_through == ""


async def test_a_state_agency_goes_the_older_way(channel: ZaloOaChannel, oa: Oa) -> None:
    learned: list[str] = []

    async def remember(api: str) -> None:
        learned.append(api)

    channel.client.remember = remember
    oa.lay(CS, refused(-235))
    oa.lay(V2, accepted(quota=None))
    for _ in range(2):
        sent = await channel.send(USER_ID, Reply(text="Chào"))
        assert sent.charged == 0, "the older way says no quota, ever"
    assert oa.paths() == [CS, V2, V2]
    assert oa.calls[0].body == oa.calls[1].body
    assert learned == ["v2"]


async def test_the_way_changes_for_no_other_error(channel: ZaloOaChannel, oa: Oa) -> None:
    for code in (-200, -201, -212, -221, -224, -230, -240, -999):
        oa.lay(CS, refused(code))
        with pytest.raises(SendError):
            await channel.send(USER_ID, Reply(text="Chào"))
    assert set(oa.paths()) == {CS}


async def test_a_state_agency_begins_with_the_older_way(channel_with: Make, oa: Oa) -> None:
    oa.lay(GETOA, {"error": 0, "data": ME | {"oa_type": 4}})
    channel = await channel_with()
    oa.lay(V2, refused(-240), accepted())
    oa.lay(CS, accepted())
    await channel.send(USER_ID, Reply(text="Chào"))
    await channel.send(USER_ID, Reply(text="Chào"))
    assert oa.paths() == [V2, CS, CS]
    assert channel.client.send_api == "v3"


async def test_what_was_learned_before_comes_first(channel: ZaloOaChannel, oa: Oa) -> None:
    channel.client.send_api = "v2"
    await channel.send(USER_ID, Reply(text="Chào"))
    assert oa.paths() == [V2]


@pytest.mark.parametrize("first", ["v3", "v2"])
async def test_where_both_ways_are_shut(first: str, channel: ZaloOaChannel, oa: Oa) -> None:
    channel.client.send_api = first  # type: ignore[assignment]  # one of the two
    oa.lay(CS, refused(-235))
    oa.lay(V2, refused(-240))
    with pytest.raises(SendError, match="revoked: oa_type_unsupported"):
        await channel.send(USER_ID, Reply(text="Chào"))
    assert len(oa.paths()) == 2
    assert channel.client.send_api == first


async def test_a_memory_that_fails_loses_no_message(
    channel: ZaloOaChannel, oa: Oa, caplog: pytest.LogCaptureFixture
) -> None:
    async def remember(api: str) -> None:
        raise OSError("disk full")

    channel.client.remember = remember
    with caplog.at_level(logging.WARNING):
        sent = await channel.send(USER_ID, Reply(text="Chào"))
    assert sent.refs == ("m1",)
    assert "could not be kept: OSError" in caplog.text


async def test_a_limit_holds_everybody_until_the_next_minute(channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay(CS, refused(-32))
    with pytest.raises(SendError) as caught:
        await channel.send(USER_ID, Reply(text="Chào"))
    assert (caught.value.kind, caught.value.retry_after) == (SendErrorKind.NOT_NOW, 60.0)
    with pytest.raises(SendError) as caught:
        await channel.send(USER_ID, Reply(text="Chào"))
    assert (caught.value.kind, caught.value.reason) == (SendErrorKind.NOT_NOW, "rate_limit")
    assert 55 < caught.value.retry_after <= 60
    assert len(oa.calls) == 1, "the second never left"


async def test_our_own_limit_is_kept_before_zalo_has_to_say_so(channel_with: Make, oa: Oa) -> None:
    channel = await channel_with(zalo_rate=3)  # one went for the question who we are
    for _ in range(2):
        await channel.send(USER_ID, Reply(text="Chào"))
    with pytest.raises(SendError, match="not_now: rate_limit"):
        await channel.send(USER_ID, Reply(text="Chào"))
    assert len(oa.calls) == 2


async def test_what_the_package_still_allows(channel: ZaloOaChannel, oa: Oa) -> None:
    row = {"quota_type": "sub_quota", "total": "500", "remain": 488, "valid_through": "31/12/2026"}
    oa.lay(QUOTA, {"error": 0, "data": [row]})
    wanted = Quota(kind="sub_quota", total=500, remain=488, valid_through="31/12/2026")
    assert await channel.client.quotas() == [wanted]
    assert oa.calls[0].body == {"quota_owner": "OA", "product_type": "cs", "quota_type": "sub_quota"}


async def test_an_article_from_its_making_to_its_going_out(channel: ZaloOaChannel, oa: Oa) -> None:
    oa.lay("/v2.0/article/create", {"error": 0, "data": {"token": "t1"}})
    oa.lay("/v2.0/article/verify", refused(-214), {"error": 0, "data": {}}, {"error": 0, "data": {"id": "a1"}})
    oa.lay(V2, {"error": 0, "data": {"message_id": "b1"}})
    article = Article(
        title="Tin", author="Tỉnh Đoàn", description="d", paragraphs=("một", "hai"), cover_url="https://x.vn/a.jpg"
    )
    client = channel.client
    token = await client.create_article(article)
    assert token == "t1"
    assert [await client.verify_article(token) for _ in range(3)] == [None, None, "a1"]
    assert await client.broadcast("a1") == "b1"
    created, *asked, sent = [call.body for call in oa.calls]
    assert created == {
        "type": "normal",
        "title": "Tin",
        "author": "Tỉnh Đoàn",
        "description": "d",
        "cover": {"cover_type": "photo", "photo_url": "https://x.vn/a.jpg", "status": "show"},
        "body": [{"type": "text", "content": "một"}, {"type": "text", "content": "hai"}],
        "status": "show",
        "comment": "hide",
    }
    assert asked == [{"token": "t1"}] * 3
    element = {"media_type": "article", "attachment_id": "a1"}
    payload = {"template_type": "media", "elements": [element]}
    assert sent == {
        "recipient": {"target": {}},
        "message": {"attachment": {"type": "template", "payload": payload}},
    }


async def test_how_many_articles_a_follower_may_still_get(channel: ZaloOaChannel, oa: Oa) -> None:
    told = [
        {"promotion": {"daily_remain": 1, "monthly_remain": 4}},
        {"promotion": {"daily_remain": 1, "monthly_remain": "0"}},
        {"promotion": {"monthly_remain": 4}},
        {"cs_reply": {"remain": 8}},
    ]
    oa.lay(QUOTA, *({"error": 0, "data": data} for data in told))
    assert [await channel.client.articles_left(USER_ID) for _ in told] == [
        ArticlesLeft(today=1, month=4),
        ArticlesLeft(today=0, month=0),
        ArticlesLeft(today=4, month=4),
        None,
    ]
    assert oa.calls[0].body == {"user_id": USER_ID}


@pytest.mark.parametrize("answer", [refused(-213), refused(-32)])
async def test_a_figure_that_is_not_told_is_no_error(channel: ZaloOaChannel, oa: Oa, answer: dict[str, Any]) -> None:
    oa.lay(QUOTA, answer)
    publisher = OaPublisher(channel.client, account_id=channel.account_id)
    assert await publisher.articles_left(USER_ID) is None
