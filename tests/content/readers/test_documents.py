"""Numbers, kinds and dates of documents as articles write them."""

from datetime import date

import pytest

from content.readers.documents import find_documents

_DAY = date(2024, 6, 10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(Kế hoạch số 136/KH-UBND, ngày 10/6/2024).", [("Kế hoạch", "136/KH-UBND", _DAY)]),
        ("quyết định số 1516-QĐ/TU ngày 10/06/2024", [("Quyết định", "1516-QĐ/TU", _DAY)]),
        ("Số: 225 - KH/TWĐTN-CTTN ngày 10-6-2024", [("Kế hoạch", "225-KH/TWĐTN-CTTN", _DAY)]),
        ("Nghị quyết số 57–NQ/TW ngày 10 tháng 6 năm 2024", [("Nghị quyết", "57-NQ/TW", _DAY)]),
        ("Quyết định 1314/QĐ-TTg (10.6.2024)", [("Quyết định", "1314/QĐ-TTg", _DAY)]),
        (
            "Luật số 91/2025/QH15 và Nghị định 13/2023/NĐ-CP",
            [("Luật", "91/2025/QH15", None), ("Nghị định", "13/2023/NĐ-CP", None)],
        ),
        ("theo 29-HD/TWĐTN-VP, ban hành ngày 10/6/2024", [("Hướng dẫn", "29-HD/TWĐTN-VP", _DAY)]),
        ("Công văn số 77/SNV-CCVC ngày 10/6/2024", [("Công văn", "77/SNV-CCVC", _DAY)]),
        (
            "Kế hoạch số 136/KH-UBND của Ban Thường vụ Tỉnh ủy, UBND tỉnh ngày 10/6/2024",
            [("Kế hoạch", "136/KH-UBND", _DAY)],
        ),
        (
            "các Quyết định số 1515-QĐ/TU, 1516-QĐ/TU và số 1517-QĐ/TU ngày 10/6/2024",
            [("Quyết định", f"{number}-QĐ/TU", _DAY) for number in (1515, 1516, 1517)],
        ),
        (
            "Ngày 10/6/2024, UBND tỉnh đã ban hành Kế hoạch số 136/KH-UBND về tài năng trẻ.",
            [("Kế hoạch", "136/KH-UBND", _DAY)],
        ),
        ("Kế hoạch số 136/KH- UBND ngày 10/6/2024", [("Kế hoạch", "136/KH-UBND", _DAY)]),
    ],
)
def test_forms_of_number_and_date(text: str, expected: list[tuple[str, str, date | None]]) -> None:
    assert [(ref.kind, ref.number, ref.signed_on) for ref in find_documents([text])] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Thực hiện Kế hoạch số 136/KH-UBND, sáng 10/6/2024 tỉnh tổ chức hội nghị.",
        "Kế hoạch số 136/KH-UBND về việc mở lớp từ ngày 10/6/2024",
        "Kế hoạch số 136/KH-UBND. Ngày 10/6/2024 là hạn cuối.",
        "Tại hội nghị ngày 10/6/2024, các đại biểu nghe Kế hoạch số 136/KH-UBND.",
        "Kế hoạch số 136/KH-UBND ngày 31/6/2024",
    ],
)
def test_a_date_of_something_else_is_not_the_documents(text: str) -> None:
    assert [(ref.number, ref.signed_on) for ref in find_documents([text])] == [("136/KH-UBND", None)]


@pytest.mark.parametrize(
    "text",
    [
        "Giai đoạn 2019 - 2025",
        "24/7 và 10/6/2024",
        "Điện thoại 0205-3812/ABC",
        "tỉ số 3-2",
        "vải 100% A/B",
        "lớp 10-A/B",
    ],
)
def test_other_figures_are_no_documents(text: str) -> None:
    assert find_documents([text]) == ()


def test_a_document_stands_once_with_the_date_of_any_mention() -> None:
    found = find_documents(
        ["Kế hoạch số 136/KH-UBND và Chỉ thị số 4-CT/TU.", "Theo Kế hoạch số 136/KH-UBND ngày 10/6/2024"]
    )
    assert [(ref.number, ref.signed_on) for ref in found] == [("136/KH-UBND", _DAY), ("4-CT/TU", None)]
