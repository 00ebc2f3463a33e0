"""Files made on the spot: Word with python-docx, PDF by hand (a font without glyphs, but with a map to Unicode)."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import docx
import pytest

PAGES = Path(__file__).parent / "pages"


@pytest.fixture
def pages() -> Path:
    return PAGES


@pytest.fixture
def make_docx() -> Callable[[Sequence[str]], bytes]:
    def make(paragraphs: Sequence[str]) -> bytes:
        document = docx.Document()
        for text in paragraphs:
            document.add_paragraph(text)
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()

    return make


def _object(number: int, content: bytes) -> bytes:
    return b"%d 0 obj\n%s\nendobj\n" % (number, content)


def _stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)


def pdf_of(pages: Sequence[Sequence[str]], *, picture: bool = False) -> bytes:
    """A PDF with these lines on its pages; letters are numbered in the order they come and mapped back by /ToUnicode."""
    letters = sorted({letter for page in pages for line in page for letter in line})
    codes = {letter: code for code, letter in enumerate(letters, start=1)}
    chars = b"\n".join(
        b"<%04X> <%s>" % (codes[letter], letter.encode("utf-16-be").hex().encode()) for letter in letters
    )
    cmap = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /M def
1 begincodespacerange <0000> <FFFF> endcodespacerange
%d beginbfchar
%s
endbfchar endcmap end end""" % (len(letters), chars)
    kids = [6 + 2 * index for index in range(len(pages))]
    image = b"/XObject << /I 5 0 R >>" if picture else b""
    bodies = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids)),
        3: b"<< /Type /Font /Subtype /Type0 /BaseFont /F /Encoding /Identity-H /ToUnicode 4 0 R /DescendantFonts "
        b"[<< /Type /Font /Subtype /CIDFontType2 /BaseFont /F /DW 500 "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>] >>",
        4: _stream(cmap),
        5: b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\n"
        b"stream\n\x00\nendstream",
    }
    for kid, lines in zip(kids, pages, strict=True):
        shown = [b"<%s> Tj T*" % "".join(f"{codes[letter]:04X}" for letter in line).encode() for line in lines]
        bodies[kid] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << /Font << /F 3 0 R >> %s >> >>"
            % (
                kid + 1,
                image,
            )
        )
        bodies[kid + 1] = _stream(b"BT /F 12 Tf 14 TL 50 800 Td\n%s\nET" % b"\n".join(shown))
    data, offsets = b"%PDF-1.7\n", []
    for number in sorted(bodies):
        offsets.append(len(data))
        data += _object(number, bodies[number])
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(bodies) + 1
    return data + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        table,
        size,
        len(data),
    )


@pytest.fixture
def make_pdf() -> Callable[..., bytes]:
    return pdf_of
