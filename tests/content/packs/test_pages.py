"""What the packs say: the same pages in both languages, no obsolete rule, no number of people, the tone of the product."""

import re
from pathlib import Path

import pytest

from content.packs.loader import PACKS, load_pack, pack_names
from outreach.news.model import NewsDraft
from outreach.news.rules import propose_topics
from outreach.pack import Pack
from outreach.text import nfc

FILES = sorted(path for path in PACKS.rglob("*") if path.suffix in {".md", ".toml"})

FORBIDDEN = {
    "levels 3 and 4 of public services are gone": r"mức độ\s*[34]|levels? [34]",
    "decree 13/2023 is repealed": r"13/2023",
    "a denominator is never shipped": r"188[.,]?000|268[.,]?000|\d{2,3}[.,]\d{3}",
    "the tone": r"\bem\b|vui lòng|hệ thống|đăng ký thành công|lỗi không xác định",
    "the district level is gone": r"\bcấp huyện\b|Huyện đoàn",
    "not confirmed": r"Thành đoàn(?! since)|tainangviet",
}


@pytest.fixture(params=pack_names())
def pack(request: pytest.FixtureRequest) -> Pack:
    return load_pack(request.param)


def test_there_is_something_to_look_at() -> None:
    assert len([path for path in FILES if path.suffix == ".md"]) >= 30
    assert re.search(FORBIDDEN["levels 3 and 4 of public services are gone"], "Dịch vụ công mức độ 3, 4", re.IGNORECASE)
    assert re.search(FORBIDDEN["the tone"], "Em vui lòng", re.IGNORECASE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKS)))
def test_nothing_forbidden_is_said(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == nfc(text)
    for why, pattern in FORBIDDEN.items():
        assert not re.search(pattern, text, re.IGNORECASE), why


def test_both_languages_have_the_same_pages_in_the_same_order(pack: Pack) -> None:
    keys = [page.key for page in pack.pages_in("vi")]
    assert keys == [page.key for page in pack.pages_in("en")]
    assert len(keys) == len(set(keys)) >= 6
    assert {"scheme", "talent", "nominate", "counting", "data", "under-16"} <= set(keys)
    with pytest.raises(KeyError):
        pack.page("nowhere", language="vi")


def test_pages_are_short_and_written_in_their_language(pack: Pack) -> None:
    for page in pack.pages:
        assert 0 < len(page.title) <= 60
        assert 200 <= len(page.body) <= 1000, f"{page.language}/{page.key}"
        assert ("ạ" in page.body or "đ" in page.body) or page.language == "en"
        assert pack.page(page.key, language=page.language) is page


def test_translations_say_the_same(pack: Pack) -> None:
    """As many paragraphs and points, and the same figures; a clock is written the Vietnamese way in one of them."""
    for page in pack.pages_in("vi"):
        other = pack.page(page.key, language="en")
        assert page.body.count("\n\n") == other.body.count("\n\n"), page.key
        assert page.body.count("\n- ") == other.body.count("\n- "), page.key
        assert page.sources == other.sources
        assert re.findall(r"\d+%", page.body) == re.findall(r"\d+%", other.body)


def test_pages_agree_with_the_settings(pack: Pack) -> None:
    pages = {page.key: page.body for page in pack.pages_in("vi")}
    assert f"{pack.informed.target}% thanh niên" in pages["scheme"]
    assert f"{pack.informed.target}% thanh niên" in pages["counting"]
    assert f"từ {pack.ages.youth.first} đến {pack.ages.youth.last} tuổi" in pages["counting"]
    assert f"{pack.ages.talent.first} đến {pack.ages.talent.last} tuổi" in pages["talent"]
    assert f"{pack.nomination.consent_days} ngày" in pages["nominate"]
    assert f"{pack.sending.weekly_cap} tin mỗi tuần" in pages["data"]
    assert f"{pack.ages.subscriber_min} tuổi" in pages["under-16"]
    assert [line[2:] for line in pages["talent"].splitlines() if line.startswith("- ")] == [
        field.name.vi for field in pack.fields
    ]


def test_sample_news_has_a_source_a_date_and_a_topic_that_may_or_may_not_count() -> None:
    items = [(pack, item) for pack in map(load_pack, pack_names()) for item in pack.news]
    assert len(items) >= 4
    for _, item in items:
        assert item.source
        assert item.number in " ".join((*item.paragraphs, item.source)) or item.key == "qua-cau-vang"
        assert item.signed_on
        assert 2 <= len(item.paragraphs) <= 6
    assert {pack.topic(item.topic).counts for pack, item in items} == {True, False}


def test_the_keywords_propose_the_topic_of_every_sample() -> None:
    looked_at = 0
    for pack in map(load_pack, pack_names()):
        for item in pack.news:
            draft = NewsDraft(title=item.title, paragraphs=item.paragraphs)
            found = propose_topics(draft, topics=pack.topics)
            assert found.topics[:1] == (item.topic,), item.key
            assert found.counts_proposed is pack.topic(item.topic).counts
            looked_at += 1
    assert looked_at >= 4
