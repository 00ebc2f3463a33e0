"""PDF files that carry text."""

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from pypdf import PasswordType, PdfReader

from content.readers.lines import split_lines
from content.readers.page import MAX_LETTERS, PageKind, ReadError, ReadFault, ReadPage

MAX_PAGES = 100

# "3", "- 3 -", "Trang 3/7", "3/7"
_PAGE_NUMBER = re.compile(r"^(?:trang\s*)?[-–]?\s*\d{1,3}(?:\s*/\s*\d{1,3})?\s*[-–]?$", re.IGNORECASE)
# A new paragraph by its first sign: a bullet, "1.", "2.1.", "a)", "Điều 3.".
_ITEM = re.compile(r"^(?:[-–•+*]\s|\d{1,2}(?:\.\d{1,2})*[.)]\s|[a-zđ]\)\s|[IVX]{1,4}\.\s|Điều\s+\d+)")
_SENTENCE_END = re.compile(r"[.:;!?…][”\")]?$|\./\.$")
# A line that stops this far before the right margin was ended by its writer.
_SHORT = 0.8
# A line printed on more than half of the pages, and at least on three, is a running head.
_RUNNING_PAGES = 3


def _running(pages: Sequence[Sequence[str]]) -> set[str]:
    edges = Counter(line for page in pages for line in {*page[:2], *page[-2:]})
    least = max(_RUNNING_PAGES, len(pages) // 2 + 1)
    return {line for line, count in edges.items() if count >= least}


def _body_lines(pages: Sequence[Sequence[str]]) -> Iterator[str]:
    running = _running(pages)
    for page in pages:
        for position, line in enumerate(page):
            edge = position < 2 or position >= len(page) - 2  # noqa: PLR2004 - the two lines at either end
            if not (edge and (line in running or _PAGE_NUMBER.match(line))):
                yield line


def join_printed(lines: Sequence[str]) -> list[str]:
    """Lines of set text into paragraphs: joined unless one is short, ends a sentence early, or opens an item."""
    if not lines:
        return []
    lengths = sorted(len(line) for line in lines)
    width = lengths[min(len(lengths) - 1, int(len(lengths) * 0.9))]
    paragraphs: list[str] = []
    last = ""
    for line in lines:
        ended = len(last) < _SHORT * width and (line[0].isupper() or bool(_SENTENCE_END.search(last)))
        # A shouted heading ends where the text begins.
        heading = last.isupper() != line.isupper()
        if not last or ended or heading or _ITEM.match(line):
            paragraphs.append(line)
        else:
            paragraphs[-1] += f" {line}"
        last = line
    return paragraphs


def _open(data: bytes) -> PdfReader:
    reader = PdfReader(io.BytesIO(data))
    # Many files are locked against changes only: the empty password opens them.
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise ReadError(ReadFault.ENCRYPTED)
    if len(reader.pages) > MAX_PAGES:
        raise ReadError(ReadFault.TOO_BIG)
    return reader


def _pages(reader: PdfReader) -> list[list[str]]:
    pages: list[list[str]] = []
    letters = 0
    for page in reader.pages:
        text = page.extract_text()
        letters += len(text)
        if letters > MAX_LETTERS:
            raise ReadError(ReadFault.TOO_BIG)
        pages.append(split_lines(text))
    return pages


def read_pdf(data: bytes, *, name: str) -> ReadPage:
    with _open(data) as reader:
        paragraphs = join_printed(list(_body_lines(_pages(reader))))
        if not paragraphs:
            # A scan, or blank pages: the way out is the same.
            raise ReadError(ReadFault.SCANNED_PDF_WITHOUT_TEXT)
    return ReadPage(name=name, kind=PageKind.PDF, paragraphs=tuple(paragraphs))
