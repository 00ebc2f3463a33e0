"""Lines that give the day of publication, and lines that name who wrote."""

from datetime import date

import pytest

from content.readers.dates import VIETNAM, from_iso
from content.readers.stamps import choose_stamp, is_name, read_credit, read_stamp


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("10:13 12/06/2019     346", "12/06/2019 10:13"),
        ("12/06/2019 10:13:45", "12/06/2019 10:13"),
        ("Thứ tư, ngày 12 tháng 6 năm 2019 - 10h13", "12/06/2019 10:13"),
        ("Thứ Tư, 12/06/2019, 10:13 (GMT+7)", "12/06/2019 10:13"),
        ("Đăng lúc: 12-06-2019 10:13:00 PM | Đã xem: 1.346", "12/06/2019 22:13"),
        ("Ngày đăng 12.6.2019 12 giờ 05 phút SA", "12/06/2019 00:05"),
        ("Hà Anh | 12/06/2019 | 10:13", "12/06/2019 10:13"),
    ],
)
def test_publication_lines(line: str, expected: str) -> None:
    stamp = read_stamp(line)
    assert stamp is not None
    assert stamp.at is not None
    assert stamp.at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M") == expected
    assert stamp.at.utcoffset() is not None
    assert stamp.day.strftime("%d/%m/%Y") == expected[:10]


@pytest.mark.parametrize(
    "line",
    [
        "Hạn nộp hồ sơ: 12/06/2019",
        "Kế hoạch số 136/KH-UBND ngày 10/6/2024",
        "Từ 10/6/2024 đến 12/6/2024 tại nhà văn hóa",
        "Sáng 12/06/2019, tỉnh mở hội nghị lúc 10:13.",
        "31/02/2024",
        "10:13",
    ],
)
def test_sentences_with_dates_are_no_publication_lines(line: str) -> None:
    assert read_stamp(line) is None


def test_when_it_appeared_goes_before_when_it_was_touched_and_the_sites_clock() -> None:
    appeared, touched, clock = (
        read_stamp(line) for line in ("12/06/2019", "Cập nhật lúc 13/06/2019 08:00", "Chủ nhật, 22/11/2026")
    )
    assert appeared
    assert touched
    assert clock
    assert choose_stamp(under_title=[touched], below=[appeared], above=[clock]) is appeared
    assert choose_stamp(under_title=[touched], below=[], above=[clock]) is touched
    assert choose_stamp(under_title=[], below=[], above=[clock]) is None


@pytest.mark.parametrize(
    "line",
    [
        "Bích Diệp",
        "Gia Hân, TĐ Hà Vân-NT",
        "Trung Kiên",
        "Minh Thư - Ban Tuyên giáo",
        "PV",
        "(Thu Hà)",
        "T.H",
        "Lê Na (tổng hợp)",
    ],
)
def test_names(line: str) -> None:
    assert is_name(line)


@pytest.mark.parametrize(
    "line",
    [
        "Xã Bắc Sơn",
        "Hồ sơ gồm",
        "Tỉnh đoàn Lạng Sơn",
        "Về mục tiêu",
        "Lớp 12A",
        "Giải Nhất",
        "Nơi nhận:",
        "Phụ Lục",
        "Trân trọng",
    ],
)
def test_what_is_no_name(line: str) -> None:
    assert not is_name(line)


@pytest.mark.parametrize(
    ("line", "byline", "source"),
    [
        ("Tin, ảnh: Quốc Thịnh", "Quốc Thịnh", None),
        ("(Nguồn: Báo Hà Vân)", None, "Báo Hà Vân"),
        ("Theo doanthanhnien.vn", None, "doanthanhnien.vn"),
        ("Theo kế hoạch đã duyệt", None, None),
        ("Mang theo: giấy bút", None, None),
    ],
)
def test_credits(line: str, byline: str | None, source: str | None) -> None:
    credit = read_credit(line)
    assert (credit.byline if credit else None, credit.source if credit else None) == (byline, source)


def test_dates_of_metadata() -> None:
    at, day = from_iso("2026-06-01T23:30:00Z")
    assert at is not None
    assert (at.isoformat(), day) == ("2026-06-01T23:30:00+00:00", date(2026, 6, 2))
    local, day = from_iso("2026-06-02 06:30")
    assert (local, day) == (at, date(2026, 6, 2))
    assert from_iso("2026-06-02") == (None, date(2026, 6, 2))
    assert from_iso("2/6/2026") == (None, date(2026, 6, 2))
    assert from_iso("hôm qua") == (None, None)
    assert from_iso("0001-01-01T00:00:00+14:00") == (None, None)
