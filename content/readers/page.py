"""What every reader yields, and the one error they raise."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from outreach.errors import OutreachError

MAX_BYTES = 10_000_000
# A long official plan has some 60,000 letters. Markup and pictures come on top in a file, never in its text.
MAX_LETTERS = 500_000


class PageKind(StrEnum):
    HTML = "html"
    DOCX = "docx"
    PDF = "pdf"
    TEXT = "text"
    MARKDOWN = "markdown"


class ReadFault(StrEnum):
    UNREADABLE = "unreadable"  # of a known kind, but damaged
    EMPTY = "empty"  # nothing to read in it
    TOO_BIG = "too_big"
    UNKNOWN_TYPE = "unknown_type"
    ENCRYPTED = "encrypted"
    SCANNED_PDF_WITHOUT_TEXT = "scanned_pdf_without_text"


class ReadError(OutreachError):
    """A file that cannot be read; `code` is the fault, whose words stand in `content/texts`."""

    def __init__(self, fault: ReadFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """A page as its format gives it: NFC, one paragraph an entry, chrome of the site possibly still in it.

    Blanks inside a paragraph stay as they are: portals part a section's name from the text by a run of them. `title`
    and what follows it are only what the format itself marks; `published_at` is aware UTC.
    """

    name: str
    kind: PageKind
    paragraphs: tuple[str, ...]
    title: str | None = None
    published_at: datetime | None = None
    published_on: date | None = None
    byline: str | None = None
    source: str | None = None
