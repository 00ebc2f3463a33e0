"""What the platform is given: within its lengths, cut at a word, and the line that asks for a word at the end."""

from dataclasses import replace

import pytest

from content.articles import article_of
from content.catalog import Catalog
from outreach.broadcasts.model import ArticleLimits, Broadcast, BroadcastId, BroadcastState
from outreach.campaigns.model import Content
from outreach.messaging import AccountId, OfficerId
from tests.conftest import NOW


def broadcast(content: Content) -> Broadcast:
    return Broadcast(
        broadcast_id=BroadcastId(7),
        account_id=AccountId(1),
        content=content,
        state=BroadcastState.CREATING,
        created_by=OfficerId(1),
        created_at=NOW,
        changed_at=NOW,
    )


def test_the_item_whole_and_the_word_last(plan_136: Content) -> None:
    article = article_of(
        broadcast(plan_136),
        catalog=Catalog(),
        author="Tỉnh đoàn Lạng Sơn",
        cover_url="https://x.vn/a.jpg",
        limits=ArticleLimits(),
    )
    assert article.title == plan_136.title
    assert article.description == "Đoạn thứ nhất."
    assert article.paragraphs == (
        "136/KH-UBND, 10/6/2024",
        "Đoạn thứ nhất.",
        "Đoạn thứ hai.",
        "Nguồn: langson.gov.vn",
        "Nhắn BAI 7 (hoặc chỉ số 1) cho trang này để nhận bản tóm tắt.",
    )
    assert (article.author, article.cover_url) == ("Tỉnh đoàn Lạng Sơn", "https://x.vn/a.jpg")


@pytest.mark.parametrize("limits", [ArticleLimits(), ArticleLimits(title=100, author=40, description=120)])
def test_what_is_too_long_is_cut_at_a_word(plan_136: Content, limits: ArticleLimits) -> None:
    long = replace(plan_136, title="tài năng " * 30, paragraphs=("chính sách " * 60,), document="", source="")
    article = article_of(broadcast(long), catalog=Catalog(), author="đoàn " * 20, cover_url="", limits=limits)
    for text, most in (
        (article.title, limits.title),
        (article.description, limits.description),
        (article.author, limits.author),
    ):
        assert most - 12 <= len(text) <= most
        assert text.endswith("…")
        assert text[-2].isalpha()
    assert article.paragraphs[0] == long.paragraphs[0]
