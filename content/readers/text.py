"""A portal page saved as text."""

from content.readers.lines import join_wrapped, split_lines
from content.readers.page import MAX_LETTERS, PageKind, ReadError, ReadFault, ReadPage


def read_text(text: str, *, name: str) -> ReadPage:
    if len(text) > MAX_LETTERS:
        raise ReadError(ReadFault.TOO_BIG)
    paragraphs = tuple(join_wrapped(split_lines(text)))
    if not paragraphs:
        raise ReadError(ReadFault.EMPTY)
    return ReadPage(name=name, kind=PageKind.TEXT, paragraphs=paragraphs)
