"""When two texts are one item, and what topic they are about."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.news.model import DocumentRef, NewsDraft
from outreach.news.rules import content_hash, propose_topics
from outreach.pack import Topic
from outreach.periods import LocalText

_TITLE = "Mở lớp bồi dưỡng tài năng trẻ"
_BODY = ("Lớp nhận 40 bạn, học phí 1,5 triệu đồng.", "Đăng ký trước ngày 10/6/2024 ở đoàn trường.")


def _topic(code: str, *keywords: str, counts: bool = False) -> Topic:
    return Topic(code=code, name=LocalText(vi=code, en=code), keywords=keywords, counts=counts)


_TALENT = _topic("talent", "tài năng trẻ", "năng khiếu", counts=True)
_SPORT = _topic("sport", "bóng đá", "giải chạy")
_LAW = _topic("law", "luật")


def _hash(*paragraphs: str, title: str = _TITLE) -> str:
    return content_hash(title=title, paragraphs=paragraphs)


@pytest.mark.parametrize(
    "same",
    [
        (" ".join(_BODY),),
        tuple(part.upper() for part in _BODY),
        tuple(unicodedata.normalize("NFD", part) for part in _BODY),
        tuple(part.replace(" ", "\u00a0 \n") for part in _BODY),
        ("Lớp nhận 40 bạn – học phí 1,5 triệu đồng", "Đăng ký trước ngày 10/6/2024", "ở đoàn trường./."),
    ],
)
def test_form_makes_no_other_item(same: tuple[str, ...]) -> None:
    assert _hash(*same) == _hash(*_BODY)


@pytest.mark.parametrize(
    ("old", "new"), [("40", "400"), ("1,5", "15"), ("10/6", "16/0"), ("bạn", "em"), ("Đăng", "Không đăng")]
)
def test_a_changed_word_or_figure_makes_another_item(old: str, new: str) -> None:
    assert _hash(*(part.replace(old, new) for part in _BODY)) != _hash(*_BODY)
    assert _hash(*_BODY, title="Khác") != _hash(*_BODY)


@given(words=st.lists(st.text("abđêớ ,.-\n", min_size=1), min_size=1, max_size=8), cut=st.integers(0, 8))
def test_where_paragraphs_break_does_not_matter(words: list[str], cut: int) -> None:
    assert content_hash(title="t", paragraphs=words) == content_hash(
        title="t", paragraphs=[" ".join(words[:cut]), " ".join(words[cut:])]
    )


def _draft(title: str, *paragraphs: str) -> NewsDraft:
    return NewsDraft(title=title, paragraphs=paragraphs)


@pytest.mark.parametrize(
    ("draft", "topics", "counts"),
    [
        (_draft(_TITLE, *_BODY), ("talent",), True),
        (_draft("MO LOP NANG KHIEU", "x"), ("talent",), True),
        (
            _draft("Giải chạy của tỉnh", "Bóng đá nghỉ tuần này.", "Có bạn từng học lớp tài năng trẻ."),
            ("sport",),
            False,
        ),
        (_draft("Giải chạy", "Các tài năng trẻ; tài năng trẻ nào cũng chạy."), ("sport", "talent"), False),
        (_draft("Tin tuần", "Nói về tài năng trẻ một lần."), (), False),
        (_draft("Kỷ luật tập luyện", "Đội tuyển."), ("law",), False),
        (_draft("Tài năng trẻ và Luật Thanh niên"), ("talent", "law"), True),
    ],
)
def test_topics_by_title_first(draft: NewsDraft, topics: tuple[str, ...], counts: bool) -> None:
    proposed = propose_topics(draft, topics=[_TALENT, _SPORT, _LAW])
    assert (proposed.topics, proposed.counts_proposed) == (topics, counts)
    assert (proposed.title, proposed.paragraphs) == (draft.title, draft.paragraphs)


def test_part_of_a_word_is_no_keyword() -> None:
    topic = _topic("x", "an", "", counts=True)
    assert propose_topics(_draft("Bàn ghế lan can", "lan man"), topics=[topic]).topics == ()


def test_documents_compare_by_value() -> None:
    assert DocumentRef(number="136/KH-UBND") == DocumentRef(number="136/KH-UBND", kind=None, signed_on=None)
