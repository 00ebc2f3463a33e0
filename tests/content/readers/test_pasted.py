"""What an officer pastes goes out word for word; only a page saved from a portal is cleaned."""

from datetime import date

import pytest

from content.readers.page import MAX_LETTERS, ReadError, ReadFault
from content.readers.pasted import draft_of_text

_INVITATION = """Lịch phỏng vấn lớp bồi dưỡng
Thời gian: 8h00 ngày 12/12/2026
Địa điểm: Nhà văn hóa thanh niên tỉnh
Các bước: đăng ký → nộp hồ sơ → phỏng vấn
Liên hệ: 0205.3812345"""
_WINNERS = """Kết quả cuộc thi viết của tỉnh
Ban Giám khảo đã chọn ba bài từ hơn hai trăm bài dự thi của cả tỉnh.
Em Trần Thị Bình nhận giải nhì
Từ khóa: học bổng, cuộc thi
Nguồn: Tỉnh đoàn
#taiNangTre
Lan Anh"""
_TIMETABLE = """Lịch thi tài năng trẻ
Môn Toán: 12/12/2026
Môn Văn: 13/12/2026
Tin tức
In
15"""


@pytest.mark.parametrize("text", [_INVITATION, _WINNERS, _TIMETABLE], ids=["invitation", "winners", "timetable"])
def test_the_first_line_is_the_title_and_no_other_is_lost(text: str) -> None:
    title, *rest = text.splitlines()
    draft = draft_of_text(f"\n  {text}\n\n")
    assert (draft.title, list(draft.paragraphs)) == (title, rest)


def test_lines_stay_as_they_were_broken() -> None:
    first = "Một dòng dài hơn bốn mươi chữ cái mà không có dấu chấm ở cuối"
    draft = draft_of_text(f"Tin\n{first}\nvà dòng sau bắt đầu bằng chữ nhỏ")
    assert draft.paragraphs == (first, "và dòng sau bắt đầu bằng chữ nhỏ")


def test_number_and_date_are_found_all_the_same() -> None:
    draft = draft_of_text("Tin mới\nTheo Kế hoạch số 136/KH-UBND, ngày 10/6/2024 của tỉnh")
    assert [(ref.number, ref.signed_on) for ref in draft.documents] == [("136/KH-UBND", date(2024, 6, 10))]


def test_a_pasted_letter_is_kept_whole_and_dated() -> None:
    lines = [
        "ỦY BAN NHÂN DÂN TỈNH HÀ VÂN",
        "Số: 136/KH-UBND",
        "Hà Vân, ngày 07 tháng 02 năm 2025",
        "KẾ HOẠCH",
        "Hỗ trợ học sinh",
        "Căn cứ Quyết định số 1437/QĐ-TTg ngày 29/12/2023, tỉnh ban hành kế hoạch như sau:",
        "Nơi nhận: như trên",
    ]
    draft = draft_of_text("\n".join(lines))
    assert [draft.title, *draft.paragraphs] == lines
    assert [(ref.number, ref.signed_on) for ref in draft.documents] == [
        ("136/KH-UBND", date(2025, 2, 7)),
        ("1437/QĐ-TTg", date(2023, 12, 29)),
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Ngày mai thư viện tỉnh mở cửa đến chín giờ tối.", "Ngày mai thư viện tỉnh mở cửa đến chín giờ tối"),
        ("08:15 12/12/2026", "08:15 12/12/2026"),
        ("Mở lớp bơi. Mỗi điểm nhận 50 em.", "Mở lớp bơi"),
    ],
)
def test_one_line_is_title_and_text_in_one(text: str, title: str) -> None:
    draft = draft_of_text(text)
    assert (draft.title, draft.paragraphs) == (title, (text,))


def test_a_first_line_too_long_for_a_title_stays_in_the_text() -> None:
    first = "Các bạn ơi, cuộc thi đã mở cổng. " + "Bài thi làm theo nhóm, ngôn ngữ nào cũng được. " * 6
    draft = draft_of_text(f"{first}\nHạn: 30/12")
    assert draft.title == "Các bạn ơi, cuộc thi đã mở cổng"
    assert draft.paragraphs == (first.strip(), "Hạn: 30/12")


def test_nothing_or_far_too_much() -> None:
    for text, fault in ((" \n\u200b\n", ReadFault.EMPTY), ("a " * MAX_LETTERS, ReadFault.TOO_BIG)):
        with pytest.raises(ReadError) as caught:
            draft_of_text(text)
        assert caught.value.fault is fault
