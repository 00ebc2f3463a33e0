"""What an officer pasted or forwarded: meant word for word, so nothing in it is taken for a site's dress."""

from content.readers.documents import find_documents
from content.readers.letterhead import read_letter
from content.readers.lines import split_lines, tidy
from content.readers.page import MAX_LETTERS, ReadError, ReadFault
from content.readers.portal import opening_of
from outreach.news.model import NewsDraft

# A first line longer than this is a paragraph: the title is its beginning, and it stays in the text as a whole.
_TITLE_LETTERS = 250


def pasted_lines(text: str) -> tuple[str, ...]:
    """Every line with something in it, as its writer broke them. Raises ReadError."""
    if len(text) > MAX_LETTERS:
        raise ReadError(ReadFault.TOO_BIG)
    lines = tuple(line for part in split_lines(text) if (line := tidy(part)))
    if not lines:
        raise ReadError(ReadFault.EMPTY)
    return lines


def draft_of_text(text: str) -> NewsDraft:
    """The first line is the title, every other one stays; a text of one line is both. Raises ReadError."""
    lines = pasted_lines(text)
    first, rest = lines[0], lines[1:]
    letter = read_letter(lines)
    documents = find_documents(lines)
    if letter:  # its date stands apart from its number
        number = letter.document.number.casefold()
        documents = (letter.document, *(ref for ref in documents if ref.number.casefold() != number))
    whole = not rest or len(first) > _TITLE_LETTERS
    return NewsDraft(
        title=opening_of(first) if whole else first,
        paragraphs=lines if whole else rest,
        documents=documents,
    )
