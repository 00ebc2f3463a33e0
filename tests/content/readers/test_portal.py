"""Whole pages of differing portals, as data: the page in pages/, what must come of it in cases.toml."""

import tomllib
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from content.readers.dates import VIETNAM
from content.readers.dispatch import read_bytes
from content.readers.page import ReadError, ReadFault
from content.readers.portal import draft_of
from content.readers.text import read_text
from outreach.news.model import NewsDraft

_HERE = Path(__file__).parent
_CASES: list[dict[str, Any]] = tomllib.loads((_HERE / "cases.toml").read_text(encoding="utf-8"))["page"]
_ARTICLES = _HERE.parents[2].parent / "shared" / "articles"


def _read(path: Path) -> NewsDraft:
    return draft_of(read_bytes(path.read_bytes(), name=path.name))


def _draft_of_text(text: str) -> NewsDraft:
    return draft_of(read_text(text, name="saved.txt"))


def test_every_page_has_a_case(pages: Path) -> None:
    assert {path.name for path in pages.iterdir()} == {case["file"] for case in _CASES}
    assert len(_CASES) >= 8


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["file"])
def test_page_gives_its_news(case: dict[str, Any], pages: Path) -> None:
    page = read_bytes((pages / case["file"]).read_bytes(), name=case["file"])
    draft = draft_of(page)
    documents = [[ref.kind, ref.number, ref.signed_on.isoformat() if ref.signed_on else ""] for ref in draft.documents]
    local = draft.published_at.astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M") if draft.published_at else None
    assert page.kind == case["kind"]
    assert draft.title == case["title"]
    assert documents == case["documents"]
    assert local == case.get("published_at")
    assert (draft.published_on.isoformat() if draft.published_on else None) == case.get("published_on")
    assert draft.byline == case.get("byline")
    assert draft.source == case.get("source")
    assert draft.category == case.get("category")


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["file"])
def test_page_keeps_its_text_and_loses_its_chrome(case: dict[str, Any], pages: Path) -> None:
    draft = _read(pages / case["file"])
    text = "\n".join(draft.paragraphs)
    assert len(draft.paragraphs) == case["paragraphs"], draft.paragraphs
    assert draft.paragraphs[0].startswith(case["first"])
    assert draft.paragraphs[-1].endswith(case["last"])
    assert [phrase for phrase in case["absent"] if phrase in text] == []
    assert case["absent"]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["file"])
def test_decomposed_letters_give_the_same_composed_news(case: dict[str, Any], pages: Path) -> None:
    text = (pages / case["file"]).read_text(encoding="utf-8")
    decomposed = unicodedata.normalize("NFD", text.replace("windows-1258", "utf-8"))
    draft = draft_of(read_bytes(decomposed.encode(), name=case["file"]))
    assert decomposed != text
    assert draft == _read(pages / case["file"])
    assert all(unicodedata.is_normalized("NFC", part) for part in [draft.title, *draft.paragraphs])


def test_a_page_of_chrome_alone_is_empty() -> None:
    with pytest.raises(ReadError) as caught:
        _draft_of_text("A- A A+ | Tăng tương phản\nLượt xem: 15\nIn trang")
    assert caught.value.fault is ReadFault.EMPTY


def test_a_list_of_winners_at_the_end_stays() -> None:
    draft = _draft_of_text(
        "Kết quả hội thi vẽ tranh\nBan Giám khảo đã chọn ba bạn vào vòng toàn quốc sau hai ngày chấm bài.\n"
        "Lý Thị Hoa\nHoàng Văn Dũng\nĐinh Mai Lan",
    )
    assert draft.paragraphs[-3:] == ("Lý Thị Hoa", "Hoàng Văn Dũng", "Đinh Mai Lan")
    assert draft.byline is None


def test_a_title_shouted_over_two_lines_is_one_title() -> None:
    draft = _draft_of_text(
        "MỞ LỚP BƠI MIỄN PHÍ\nCHO THIẾU NHI CÁC XÃ VEN SÔNG\n12/06/2026\n"
        "Lớp bơi mở tại ba điểm, mỗi điểm nhận 50 em, học trong bốn tuần.",
    )
    assert draft.title == "MỞ LỚP BƠI MIỄN PHÍ CHO THIẾU NHI CÁC XÃ VEN SÔNG"
    assert draft.published_on == date(2026, 6, 12)


def test_section_words_inside_a_sentence_are_not_cut_off() -> None:
    draft = _draft_of_text(
        "Lịch tập huấn tháng tới của câu lạc bộ\nSáng nay  các bạn họp, chốt lịch tập huấn cho cả bốn nhóm của câu lạc bộ.",
    )
    assert draft.category is None
    assert draft.paragraphs == ("Sáng nay các bạn họp, chốt lịch tập huấn cho cả bốn nhóm của câu lạc bộ.",)


@pytest.mark.skipif(
    not _ARTICLES.is_dir(), reason=f"no real pages beside the checkout ({_ARTICLES.parent.name}/{_ARTICLES.name})"
)
def test_the_two_founding_pages() -> None:
    found: dict[str, tuple[NewsDraft, date | None]] = {}
    for path in sorted(_ARTICLES.iterdir()):
        draft = _read(path)
        found |= {ref.number: (draft, ref.signed_on) for ref in draft.documents}
    assert {number: day for number, (_, day) in found.items()} == {
        "136/KH-UBND": date(2024, 6, 10),
        "1516-QĐ/TU": date(2019, 5, 24),
        "1515-QĐ/TU": date(2019, 5, 24),
    }
    plan, meeting = found["136/KH-UBND"][0], found["1515-QĐ/TU"][0]
    assert plan.title.startswith("Kế hoạch triển khai")
    assert meeting.title.startswith("Quảng Ninh: ")
    assert (len(plan.paragraphs), len(meeting.paragraphs)) == (3, 7)
    assert plan.published_on is None
    assert meeting.published_at is not None
    assert meeting.published_at.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y") == "10:13 12/06/2019"
    assert (plan.byline or "").split() == ["Bích", "Diệp"]
    assert (meeting.byline or "").startswith("Bá Trinh")
    text = "\n".join([*plan.paragraphs, *meeting.paragraphs])
    assert [
        word
        for word in ("tương phản", "đánh giá bài", "346", "Web.ĐTN", "Bích Diệp", "Bá Trinh", "Lê Hùng Sơn")
        if word in text
    ] == []


@pytest.mark.parametrize(
    "text", ["Ngày mai thư viện tỉnh mở cửa đến chín giờ tối cho học sinh lớp 12.", "Mai nghỉ học vẽ"]
)
def test_one_line_is_title_and_text_in_one(text: str) -> None:
    draft = _draft_of_text(text)
    assert (draft.title, draft.paragraphs) == (text.rstrip("."), (text,) if text.endswith(".") else (draft.title,))
