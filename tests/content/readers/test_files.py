"""Word and PDF files: what their formats hide or break, and one text that is the same news in each of them."""

import io
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from content.readers.dispatch import read_bytes
from content.readers.pdf import join_printed
from content.readers.portal import draft_of
from outreach.news.rules import content_hash

_TITLE = "Thư viện lưu động về với năm xã vùng cao"
_BODY = (
    "Từ tháng tới, thư viện lưu động của tỉnh ghé năm xã vùng cao vào thứ bảy hằng tuần, mang theo 1.200 cuốn sách và bốn máy tính.",
    "Các bạn mượn sách bằng thẻ học sinh, trả ở chuyến sau; xe dừng ở sân trường từ 8 giờ đến 11 giờ (Kế hoạch số 18/KH-SVHTTDL ngày 5/1/2026).",
)


def _saved(document: "docx.document.Document") -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _wrapped(text: str, *, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def test_one_text_is_one_item_in_every_format(
    make_docx: Callable[[Sequence[str]], bytes], make_pdf: Callable[..., bytes]
) -> None:
    chrome = "<nav>Trang chủ</nav><p>A- A A+</p>"
    html = f"<html><head><title>{_TITLE} | Cổng thông tin điện tử Hà Vân</title></head><body>{chrome}<h1>{_TITLE}</h1>"
    html += "".join(f"<p>{text}</p>" for text in _BODY) + "<p>Mai Ly</p><div class='share'>Chia sẻ</div></body></html>"
    printed = [_TITLE, *_wrapped(_BODY[0], width=60), *_wrapped(_BODY[1], width=60)]
    files = {
        "a.txt": "\n\n".join(["Cổng thông tin điện tử", "Tỉnh Hà Vân", _TITLE, *_BODY, "Mai Ly", "Lượt xem: 9"]).encode(
            "utf-16"
        ),
        "a.md": f"# {_TITLE}\n\n{_BODY[0]}\n\n{_BODY[1]}\n".encode(),
        "a.html": html.encode(),
        "a.docx": make_docx([_TITLE, *_BODY]),
        "a.pdf": make_pdf([printed]),
    }
    drafts = {name: draft_of(read_bytes(data, name=name)) for name, data in files.items()}
    assert {draft.title for draft in drafts.values()} == {_TITLE}
    assert {draft.documents[0].signed_on for draft in drafts.values()} == {date(2026, 1, 5)}
    assert len({content_hash(title=draft.title, paragraphs=draft.paragraphs) for draft in drafts.values()}) == 1


def test_a_word_file_gives_insertions_lists_and_tables_and_no_deletions() -> None:
    document = docx.Document()
    document.add_heading(_TITLE, level=1)
    paragraph = document.add_paragraph("Xe dừng ở ")
    # A reviewer's marks, as Word stores them; the library has no call to make them.
    marks = '<w:{tag} {ns} w:id="1" w:author="x"><w:r><w:{text}>{words}</w:{text}></w:r></w:{tag}>'
    for tag, text, words in (("ins", "t", "sân trường"), ("del", "delText", "chợ"), ("moveFrom", "t", "bến")):
        paragraph._p.append(parse_xml(marks.format(tag=tag, ns=nsdecls("w"), text=text, words=words)))
    document.add_paragraph("sách", style="List Bullet")
    table = document.add_table(rows=2, cols=3)
    for cell, text in zip(
        [*table.rows[0].cells, *table.rows[1].cells], ["TT", "Xã", "Ngày", "1", "Bắc Vân", "thứ bảy"], strict=True
    ):
        cell.text = text
    page = read_bytes(_saved(document), name="a.docx")
    assert page.title == _TITLE
    assert page.paragraphs[:2] == (_TITLE, "Xe dừng ở sân trường")
    assert page.paragraphs[2].endswith("sách")
    assert page.paragraphs[3:] == ("TT | Xã | Ngày", "1 | Bắc Vân | thứ bảy")


def test_a_word_file_loses_no_cell_and_no_line() -> None:
    document = docx.Document()
    for line in ("LỊCH PHỎNG VẤN", "LỚP BỒI DƯỠNG", "Em Trần Thị Bình nhận giải nhì"):
        document.add_paragraph(line)
    rows = [
        ("Môn Toán", "12/12"),
        ("Thời gian:", "8h00 ngày 12/12/2026"),
        ("Liên hệ", "0205.3812345"),
        ("Từ khóa", "15"),
    ]
    table = document.add_table(rows=len(rows) + 1, cols=2)
    for row, texts in zip(table.rows, [*rows, ("Ghi chú", "mang bút\nmang thẻ")], strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("Mai Ly")
    draft = draft_of(read_bytes(_saved(document), name="lich.docx"))
    assert draft.title == "LỊCH PHỎNG VẤN LỚP BỒI DƯỠNG"
    assert draft.paragraphs == (
        "Em Trần Thị Bình nhận giải nhì",
        "Môn Toán: 12/12",
        "Thời gian: 8h00 ngày 12/12/2026",
        "Liên hệ: 0205.3812345",
        "Từ khóa: 15",
        "Ghi chú: mang bút mang thẻ",
        "Mai Ly",
    )


def test_a_marked_title_below_other_lines_costs_none_of_them() -> None:
    document = docx.Document()
    document.add_paragraph("Tỉnh đoàn Hà Vân")
    document.add_heading(_TITLE, level=1)
    document.add_paragraph("15/12")
    draft = draft_of(read_bytes(_saved(document), name="tin.docx"))
    assert (draft.title, draft.paragraphs) == (_TITLE, ("Tỉnh đoàn Hà Vân", "15/12"))


def test_an_official_letter_in_word_with_its_letterhead_in_a_table(pages: Path) -> None:
    lines = (pages / "official_letter.txt").read_text(encoding="utf-8").splitlines()
    document = docx.Document()
    head = document.add_table(rows=1, cols=2)
    head.rows[0].cells[0].text = "\n".join([*lines[:2], lines[4]])
    head.rows[0].cells[1].text = "\n".join([*lines[2:4], lines[5]])
    for line in lines[6:]:
        document.add_paragraph(line)
    draft = draft_of(read_bytes(_saved(document), name="136.docx"))
    plain = draft_of(read_bytes("\n".join(lines).encode(), name="136.txt"))
    assert (draft.title, draft.documents, draft.paragraphs) == (plain.title, plain.documents, plain.paragraphs)


def test_page_numbers_and_running_heads_are_no_text(make_pdf: Callable[..., bytes]) -> None:
    pages = [
        [
            "Cổng thông tin Hà Vân",
            f"Đoạn {number} của bài viết dài nhiều trang, đủ một dòng",
            f"rồi hết {number}.",
            f"- {number} -",
        ]
        for number in range(1, 5)
    ]
    page = read_bytes(make_pdf(pages), name="a.pdf")
    assert page.paragraphs == tuple(
        f"Đoạn {number} của bài viết dài nhiều trang, đủ một dòng rồi hết {number}." for number in range(1, 5)
    )


def test_printed_lines_are_joined_into_paragraphs_and_items_stay_apart() -> None:
    lines = [
        "KẾ HOẠCH",
        "Lớp học mở trong ba tháng hè ở nhà văn hóa xã, mỗi tuần hai",
        "buổi, và kết thúc bằng một buổi biểu diễn.",
        "Các em mang theo:",
        "1. vở vẽ",
        "2. bút chì và một hộp màu nước loại nhỏ, không cần mua loại",
        "đắt tiền",
    ]
    assert join_printed(lines) == [
        lines[0],
        f"{lines[1]} {lines[2]}",
        lines[3],
        lines[4],
        f"{lines[5]} {lines[6]}",
    ]
    assert join_printed([]) == []
