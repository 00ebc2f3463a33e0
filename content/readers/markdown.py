"""Markdown: the first heading is the title; a front matter block may give title, date, source and author."""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from content.readers.dates import from_iso
from content.readers.lines import split_lines, tidy
from content.readers.page import MAX_LETTERS, PageKind, ReadError, ReadFault, ReadPage

_FRONT = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<fields>.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^(?P<key>[a-z_]+)[ \t]*:[ \t]*(?P<value>.*?)[ \t]*$", re.MULTILINE)


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    match = _FRONT.match(text)
    if not match:
        return {}, text
    fields = {field["key"]: tidy(field["value"].strip("\"'")) for field in _FIELD.finditer(match["fields"])}
    return fields, text[match.end() :]


def _inline(token: Token) -> str:
    breaks = {"softbreak": " ", "hardbreak": "\n"}
    # Pictures and raw HTML carry no text of the article.
    return "".join(
        breaks.get(child.type, child.content if child.type in {"text", "code_inline"} else "")
        for child in token.children or ()
    )


def _blocks(tokens: Sequence[Token]) -> Iterator[tuple[bool, str]]:
    """(is a heading of the first level, line)."""
    heading = bullet = False
    for token in tokens:
        if token.type == "heading_open":
            heading = token.tag == "h1"
        elif token.type == "list_item_open":
            bullet = True
        elif token.type == "inline":
            for line in split_lines(_inline(token)):
                yield heading, f"- {line}" if bullet else line
                bullet = False
            heading = False
        elif token.type in {"fence", "code_block"}:
            yield from ((False, line) for line in split_lines(token.content))


def read_markdown(text: str, *, name: str) -> ReadPage:
    if len(text) > MAX_LETTERS:
        raise ReadError(ReadFault.TOO_BIG)
    fields, body = _front_matter(text)
    blocks = list(_blocks(MarkdownIt("commonmark").enable("table").parse(body)))
    title = fields.get("title") or next((line for heading, line in blocks if heading), None)
    if not blocks:
        raise ReadError(ReadFault.EMPTY)
    published_at, published_on = from_iso(fields.get("date", ""))
    return ReadPage(
        name=name,
        kind=PageKind.MARKDOWN,
        paragraphs=tuple(line for _, line in blocks),
        title=title,
        published_at=published_at,
        published_on=published_on,
        byline=fields.get("author") or None,
        source=fields.get("source") or None,
    )
