"""Files are told by their content, and whatever is handed in ends in a page or a ReadError."""

import io
import zipfile
from collections.abc import Callable, Sequence

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pypdf import PdfReader, PdfWriter

from content.readers.dispatch import read_bytes
from content.readers.docx import MAX_ENTRIES
from content.readers.page import MAX_BYTES, MAX_LETTERS, PageKind, ReadError, ReadFault
from content.readers.portal import draft_of

_LINES = ("Ngày hội đọc sách ở trường vùng cao", "Hơn hai trăm bạn nhỏ đã mang sách cũ đến đổi lấy cây giống.")


def _fault(data: bytes, *, name: str = "file") -> ReadFault:
    with pytest.raises(ReadError) as caught:
        read_bytes(data, name=name)
    assert caught.value.code == caught.value.fault.value
    return caught.value.fault


def _zip(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_kinds_are_told_by_content_whatever_the_name(
    make_docx: Callable[[Sequence[str]], bytes], make_pdf: Callable[..., bytes]
) -> None:
    html = f"<html><body><h1>{_LINES[0]}</h1><p>{_LINES[1]}</p></body></html>".encode()
    made = {
        PageKind.DOCX: make_docx(_LINES),
        PageKind.PDF: make_pdf([_LINES]),
        PageKind.HTML: html,
        PageKind.MARKDOWN: f"# {_LINES[0]}\n\n{_LINES[1]}".encode(),
        PageKind.TEXT: "\n".join(_LINES).encode(),
    }
    for kind, data in made.items():
        for name in ("a.txt", "a.docx", "a.pdf", "a"):
            page = read_bytes(data, name=name)
            assert (page.kind, page.name) == (kind, name)
            assert page.paragraphs == _LINES


def test_a_text_named_markdown_is_markdown() -> None:
    assert read_bytes("Một dòng **đậm** thôi.".encode(), name="A.MD").paragraphs == ("Một dòng đậm thôi.",)


def test_a_text_that_begins_like_a_picture_is_a_text() -> None:
    assert read_bytes("BMTTQ tỉnh mời các bạn trẻ góp ý.".encode(), name="x").kind is PageKind.TEXT


@pytest.mark.parametrize("data", [b"", b" \r\n\t ", "\ufeff".encode(), b"<html><body><script>1</script></body></html>"])
def test_nothing_to_read(data: bytes) -> None:
    assert _fault(data) is ReadFault.EMPTY


def test_too_big_in_bytes_or_in_letters() -> None:
    assert _fault(b"a" * (MAX_BYTES + 1)) is ReadFault.TOO_BIG
    assert _fault(b"a b\n" * (MAX_LETTERS // 2)) is ReadFault.TOO_BIG
    assert _fault(b"<html><p>" + b"a b " * (MAX_LETTERS // 2)) is ReadFault.TOO_BIG


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
        b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 4,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512 + "WordDocument".encode("utf-16-le"),
        rb"{\rtf1\ansi xin ch\'e0o}",
        bytes(range(256)) * 8,
    ],
)
def test_other_types_are_unknown(data: bytes) -> None:
    assert _fault(data, name="tin.docx") is ReadFault.UNKNOWN_TYPE


def test_a_workbook_is_no_page() -> None:
    buffer = io.BytesIO()
    Workbook().save(buffer)
    assert _fault(buffer.getvalue()) is ReadFault.UNKNOWN_TYPE


def test_locked_files(make_pdf: Callable[..., bytes]) -> None:
    office = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512 + "EncryptedPackage".encode("utf-16-le")
    assert _fault(office) is ReadFault.ENCRYPTED
    for password, expected in (("mo", ReadFault.ENCRYPTED), ("", None)):
        writer = PdfWriter(PdfReader(io.BytesIO(make_pdf([_LINES]))))
        writer.encrypt(user_password=password, owner_password="chu", algorithm="AES-256")
        buffer = io.BytesIO()
        writer.write(buffer)
        if expected:
            assert _fault(buffer.getvalue()) is expected
        else:  # locked against changes only
            assert read_bytes(buffer.getvalue(), name="a.pdf").paragraphs == _LINES


def test_a_scan_says_so_and_a_blank_pdf_too(make_pdf: Callable[..., bytes]) -> None:
    assert _fault(make_pdf([[]], picture=True)) is ReadFault.SCANNED_PDF_WITHOUT_TEXT
    assert _fault(make_pdf([[]])) is ReadFault.SCANNED_PDF_WITHOUT_TEXT
    assert _fault(make_pdf([["Trang"]] * 101)) is ReadFault.TOO_BIG


def test_bombs_are_refused_before_they_unpack() -> None:
    small = {"word/document.xml": b"<w/>"}
    assert _fault(_zip(small | {"word/media/a.bin": b"\0" * 61_000_000})) is ReadFault.TOO_BIG
    assert _fault(_zip(small | {"word/styles.xml": b" " * 21_000_000})) is ReadFault.TOO_BIG
    assert _fault(_zip(small | {f"word/media/{number}": b"" for number in range(MAX_ENTRIES)})) is ReadFault.TOO_BIG


def test_damaged_files_are_unreadable(make_docx: Callable[[Sequence[str]], bytes]) -> None:
    assert _fault(_zip({"word/document.xml": b"<w/>"})) is ReadFault.UNREADABLE
    assert _fault(make_docx(_LINES)[:-200]) is ReadFault.UNREADABLE
    assert _fault(b"%PDF-1.7\nnothing more") is ReadFault.UNREADABLE


def _read(data: bytes, *, name: str) -> None:
    try:
        page = read_bytes(data, name=name)
        draft = draft_of(page)
    except ReadError:
        return
    assert page.paragraphs
    assert all(page.paragraphs)
    assert draft.title
    assert draft.paragraphs


@settings(max_examples=150, deadline=None)
@given(
    data=st.one_of(
        st.binary(max_size=400),
        st.text(max_size=400).map(str.encode),
        st.text(max_size=200).map(lambda text: text.encode("utf-16")),
        st.sampled_from([b"%PDF-1.7\n", b"PK\x03\x04", b"<html>", b"---\n", b"# ", b"\xff\xfe"]).flatmap(
            lambda head: st.binary(max_size=300).map(lambda tail: head + tail)
        ),
    ),
    name=st.sampled_from(["a", "a.md", "a.html", "a.pdf", "a.docx"]),
)
def test_any_bytes_give_news_or_a_read_error(data: bytes, name: str) -> None:
    _read(data, name=name)


def _sound() -> list[bytes]:
    document, buffer = docx.Document(), io.BytesIO()
    for line in _LINES:
        document.add_paragraph(line)
    document.save(buffer)
    writer, printed = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=200, height=200)
    writer.write(printed)
    html = f"<html><body><h1>{_LINES[0]}</h1><p>{_LINES[1]}</p></body></html>"
    return [buffer.getvalue(), printed.getvalue(), html.encode(), html.encode("utf-16")]


_SOUND = _sound()


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_file_damaged_anywhere_gives_news_or_a_read_error(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(_SOUND))
    start = data.draw(st.integers(0, len(whole) - 1))
    patch = data.draw(st.binary(max_size=30))
    cut = data.draw(st.integers(0, 200))
    _read(whole[:start] + patch + whole[start + cut :], name="a")


_WORDS = st.sampled_from(
    ["Lượt xem", "Ngày", "10/6/2024", "10:13", "Kế hoạch số", "136/KH-UBND", "Ảnh:", "Tin liên quan", "A+", "Số: 1/QĐ-UB", "Nguồn:", "\u00a0", "Trang chủ >",
     "KẾ HOẠCH", "V/v", "Độc lập - Tự do - Hạnh phúc", "Nơi nhận", "Lan Anh", "(LSO) -", "ngày 31/2/2024", ".", "24:99", "#", "và", "|"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(lines=st.lists(st.lists(_WORDS, min_size=1, max_size=8).map(" ".join), max_size=12))
def test_any_mixture_of_the_words_of_portals_is_survived(lines: list[str]) -> None:
    _read("\n".join(lines).encode(), name="a.txt")
