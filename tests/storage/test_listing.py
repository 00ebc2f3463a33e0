"""Campaigns are found by the beginnings of their words, however they are typed."""

import pytest

from outreach.campaigns.model import CampaignState, Content
from tests.storage.conftest import Books


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", 2),
        ("học bổng", 1),
        ("HOC bong", 1),
        ("bong hoc", 1),
        ("ổng", 0),
        ("136", 1),
        ("100%", 0),
        ("%", 0),
        ("_", 0),
    ],
)
async def test_words_are_found(books: Books, words: str, found: int) -> None:
    await books.campaign(content=Content(title="Học bổng cho bạn giỏi", paragraphs=("Một trăm suất.",)))
    await books.campaign(content=Content(title="Kế hoạch", paragraphs=("Nội dung",), document="136/KH-UBND"))
    async with books.database.read() as tx:
        count, page = await tx.listing.find(
            unit_id=None, drafts_of=None, states=[CampaignState.DRAFT], words=words, offset=0, limit=1
        )
    assert (count, len(page)) == (found, min(1, found))
