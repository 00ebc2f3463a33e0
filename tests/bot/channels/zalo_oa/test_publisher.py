"""An article for all followers, handed to the pretend Official Account."""

from collections.abc import AsyncIterator

import pytest

from bot.channels.zalo_oa.adapter import ZaloOaChannel
from bot.channels.zalo_oa.publisher import OaPublisher
from bot.settings import load_settings
from outreach.broadcasts.model import Article
from outreach.clock import system_clock
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
async def publisher(simulator: Client, address: str, database: Database) -> AsyncIterator[OaPublisher]:
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
        access_expires_at=now.replace(year=now.year + 1),
        refresh_expires_at=now.replace(year=now.year + 1),
    )
    channel = ZaloOaChannel(settings, transactions=database)
    await channel.tokens.give(pair)
    await channel.start()
    yield OaPublisher(channel.client, account_id=AccountId(7))
    await channel.stop()


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
