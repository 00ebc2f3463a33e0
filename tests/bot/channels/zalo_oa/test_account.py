"""Articles for all followers, and what of the account will end, at the pretend Official Account."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.channels.zalo_oa.health import OaHealth
from bot.channels.zalo_oa.publisher import OaPublisher
from bot.settings import load_settings
from outreach.broadcasts.model import Article
from outreach.clock import local_day, system_clock
from outreach.messaging import AccountId, SendError, SendErrorKind
from outreach.tokens import TokenPair
from simulator.client import Client
from storage.database import Database

ARTICLE = Article(
    title="Kế hoạch 136",
    author="Tỉnh đoàn Lạng Sơn",
    description="Đoạn thứ nhất.",
    paragraphs=("Đoạn thứ nhất.", "Nhắn BAI 7 (hoặc chỉ số 1)."),
    cover_url="https://example.vn/bia.jpg",
)


@pytest.fixture
async def channel(simulator: Client, address: str, database: Database) -> AsyncIterator[ZaloOaChannel]:
    settings = load_settings(
        zalo_app_id="1000000000000000001",
        zalo_app_secret="example-app-secret",
        zalo_oa_secret="example-oa-secret",
        zalo_api_url=f"{address}/zalo-oa",
        zalo_oauth_url=f"{address}/zalo-oauth",
    )
    given = await simulator.order("zalo/oa/tokens")
    now = system_clock()
    pair = TokenPair(
        access=given["access_token"],
        refresh=given["refresh_token"],
        refreshed_at=now,
        access_expires_at=now + timedelta(days=365),
        refresh_expires_at=now + timedelta(days=365),
    )
    opened = ZaloOaChannel(settings, transactions=database)
    await opened.tokens.give(pair)
    await opened.start()
    yield opened
    await opened.stop()


@pytest.fixture
def publisher(channel: ZaloOaChannel) -> OaPublisher:
    return OaPublisher(channel.client, account_id=AccountId(7))


async def made(publisher: OaPublisher, simulator: Client) -> str:
    token = await publisher.create_article(ARTICLE)
    assert await publisher.verify_article(token) is None
    await simulator.order("clock", {"advance": 3})
    article = await publisher.verify_article(token)
    assert article
    return article


async def test_made_handed_over_and_brought_to_every_follower(publisher: OaPublisher, simulator: Client) -> None:
    people = [(await simulator.order("zalo/oa/people", {"name": "An", "follows": True}))["id"] for _ in range(2)]
    article = await made(publisher, simulator)
    kept = await simulator.read(f"zalo/oa/articles/{article}")
    assert [kept["title"], kept["author"], kept["description"]] == [
        ARTICLE.title,
        ARTICLE.author,
        ARTICLE.description,
    ]
    assert [part["content"] for part in kept["body"]] == list(ARTICLE.paragraphs)
    assert await publisher.broadcast(article)
    assert await publisher.followers() == 2
    await simulator.order("clock", {"advance": 700})  # the review
    for person in people:
        [shown] = (await simulator.read(f"zalo/oa/people/{person}/chat"))["messages"]
        assert shown["article"]["title"] == ARTICLE.title


async def test_a_refusal_is_classified(publisher: OaPublisher, simulator: Client) -> None:
    with pytest.raises(SendError) as caught:
        await publisher.broadcast("no such article")
    assert caught.value.kind == SendErrorKind.OUR_FAULT


async def test_an_account_that_is_not_verified_may_not(publisher: OaPublisher, simulator: Client) -> None:
    article = await made(publisher, simulator)
    await simulator.order("zalo/oa/settings", {"verified": False})
    with pytest.raises(SendError) as caught:
        await publisher.broadcast(article)
    assert caught.value.kind == SendErrorKind.REVOKED


async def test_its_health_is_the_pair_and_the_day_on_which_the_package_ends(channel: ZaloOaChannel) -> None:
    found = await OaHealth(channel.client, tokens=channel.tokens)()
    assert found.pair == await channel.tokens.pair()
    assert found.package_ends_on
    assert found.package_ends_on > local_day(system_clock())
    assert found.refused == ""


async def test_a_refusal_is_told_apart_from_a_server_that_is_away(channel: ZaloOaChannel, simulator: Client) -> None:
    health = OaHealth(channel.client, tokens=channel.tokens)
    before = (await health()).package_ends_on
    for code, refused in ((-204, "oa_disabled"), (-32, "")):
        await simulator.order("faults", {"network": "zalo_oa", "kind": "error", "code": code, "times": 1})
        found = await health()
        assert (found.refused, found.package_ends_on) == (refused, before)
        assert found.silence == ("" if refused else "rate_limit")
