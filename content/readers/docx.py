"""Word files (.docx)."""

import io
import re
import zipfile
from collections.abc import Iterator

import docx
from docx.document import Document
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement

from content.readers.lines import split_lines, tidy
from content.readers.page import MAX_LETTERS, PageKind, ReadError, ReadFault, ReadPage

# A plan with photos unpacks to a few MB; a zip bomb to gigabytes. Python's reader stops at the sizes declared here.
MAX_UNPACKED_BYTES = 60_000_000
MAX_ENTRIES = 2_000
# XML costs far more memory than it measures, so the text has a tighter bound than the pictures.
MAX_XML_BYTES = 20_000_000
_XML = re.compile(r"\.(?:xml|rels)$", re.IGNORECASE)

_TITLE_STYLES = {"title", "heading 1"}
_TWO = 2


def check_archive(archive: zipfile.ZipFile) -> None:
    """Raise ReadError for an archive that is locked or unpacks to too much."""
    entries = archive.infolist()
    if any(entry.flag_bits & 1 for entry in entries):
        raise ReadError(ReadFault.ENCRYPTED)
    xml = sum(entry.file_size for entry in entries if _XML.search(entry.filename))
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES or xml > MAX_XML_BYTES:
        raise ReadError(ReadFault.TOO_BIG)


def _paragraph(element: BaseOxmlElement) -> str:
    """Its text with what a reviewer inserted, without what was deleted or moved away, and no text box read twice."""
    parts: list[str] = []
    for node in element.xpath(".//w:t | .//w:br | .//w:cr | .//w:tab[not(ancestor::w:pPr)] | .//w:noBreakHyphen"):
        if node.xpath("ancestor::w:moveFrom | ancestor::*[local-name()='Fallback']"):
            continue
        breaks = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): " ", qn("w:noBreakHyphen"): "-"}
        parts.append(breaks.get(node.tag) or node.text or "")
    bullet = "- " if element.xpath("./w:pPr/w:numPr") else ""
    text = "".join(parts)
    return f"{bullet}{text}" if text.strip() else ""


def _inside(element: BaseOxmlElement, tag: str) -> list[BaseOxmlElement]:
    """Rows of a table or cells of a row, also those in a form field."""
    return list(element.xpath(f"./{tag} | ./w:sdt/w:sdtContent/{tag}"))


def _table(table: BaseOxmlElement) -> Iterator[str]:
    """One paragraph a row; a letterhead or a signature block is no row but two columns of lines side by side."""
    for row in _inside(table, "w:tr"):
        cells = [lines for cell in _inside(row, "w:tc") if (lines := list(_lines(cell)))]
        side_by_side = len(cells) == _TWO and all(len(cell) > 1 for cell in cells)
        if side_by_side or len(cells) == 1:
            for cell in cells:
                yield from cell
        elif cells:
            first, *rest = (tidy(" ".join(cell)) for cell in cells)
            yield f"{first.rstrip(': ')}: {rest[0]}" if len(rest) == 1 else " | ".join((first, *rest))


def _lines(container: BaseOxmlElement) -> Iterator[str]:
    for element in container.iterchildren():
        if element.tag == qn("w:p"):
            yield from split_lines(_paragraph(element))
        elif element.tag == qn("w:tbl"):
            yield from _table(element)
        elif element.tag == qn("w:sdt"):
            for content in element.xpath("./w:sdtContent"):
                yield from _lines(content)


def _title(document: Document) -> str | None:
    for paragraph in document.paragraphs:
        style = paragraph.style
        if style is not None and (style.name or "").lower() in _TITLE_STYLES and paragraph.text.strip():
            return tidy(paragraph.text)
    return None


def read_docx(data: bytes, *, name: str) -> ReadPage:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check_archive(archive)
    document = docx.Document(io.BytesIO(data))
    paragraphs = tuple(line for line in _lines(document.element.body) if line)
    if not paragraphs:
        raise ReadError(ReadFault.EMPTY)
    if sum(map(len, paragraphs)) > MAX_LETTERS:
        raise ReadError(ReadFault.TOO_BIG)
    return ReadPage(name=name, kind=PageKind.DOCX, paragraphs=paragraphs, title=_title(document))
