"""Formatting that comes from outside, made into the closed HTML subset of replies: what is not in it loses its tags, never its words."""

from collections.abc import Sequence
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from markupsafe import escape

from content.placeholders import unknown_in
from content.readers.lines import split_lines, tidy

_SAME = {"strong": "b", "em": "i", "ins": "u", "strike": "s", "del": "s", "pre": "code"}
_TAGS = frozenset({"b", "i", "u", "s", "a", "code", "blockquote"})
_SCHEMES = frozenset({"https", "http"})


class _Lines(HTMLParser):
    """Reads HTML into lines, each well-formed by itself."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._line: list[str] = []
        self._open: list[
            tuple[str, str]
        ] = []  # the name it came under, and the tag to write; "" for one that is left out

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._end_line()
            return
        written = _start_tag(_SAME.get(tag, tag), href=dict(attrs).get("href") or "")
        self._open.append((tag, written))
        self._line.append(written)

    def handle_endtag(self, tag: str) -> None:
        """Whatever was opened inside and not closed is closed with it; a tag that never began is passed over."""
        if tag not in {name for name, _ in self._open}:
            return
        while self._open:
            name, written = self._open.pop()
            self._line.append(_end_tag(written))
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        first, *others = data.split("\n")
        self._line.append(str(escape(first)))
        for part in others:
            self._end_line()
            self._line.append(str(escape(part)))

    def _end_line(self) -> None:
        closing = [_end_tag(written) for _, written in reversed(self._open)]
        self.lines.append("".join([*self._line, *closing]))
        self._line = [written for _, written in self._open]

    def read(self, source: str) -> list[str]:
        self.feed(source)
        self.close()
        self._end_line()
        return self.lines


def _start_tag(name: str, *, href: str) -> str:
    if name not in _TAGS or (name == "a" and _scheme(href) not in _SCHEMES):
        return ""
    return f'<a href="{escape(href)}">' if name == "a" else f"<{name}>"


def _end_tag(start: str) -> str:
    return f"</{start[1:].split(' ', maxsplit=1)[0].rstrip('>')}>" if start else ""


def _scheme(url: str) -> str:
    """Small letters; nothing for what is no address."""
    try:
        return urlsplit(url.strip()).scheme.lower()
    except ValueError:
        return ""


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.words.append(f" ({dict(attrs).get('href')})")


def spelled(source: str) -> str:
    """The subset as a channel without formatting shows it, with the addresses of links in brackets: never shorter than what is read."""
    reader = _Words()
    reader.feed(source)
    reader.close()
    return "".join(reader.words)


def words_of(source: str) -> str:
    """The subset without its tags."""
    parts: list[str] = []
    for piece in source.split("<"):
        parts.append(piece if not parts else piece.partition(">")[2])
    return unescape("".join(parts))


def formatted_paragraphs(paragraphs: Sequence[str], *, html: str) -> tuple[str, ...]:
    """The same paragraphs with the formatting of `html`, from which they were read; nothing where none has any.

    A paragraph that is not found there word for word stays plain, and so does one whose placeholders a tag would tear.
    """
    found: dict[str, str] = {}
    for line in _Lines().read(html):
        told = split_lines(words_of(line))
        if told:
            found.setdefault(tidy(" ".join(told)), line.strip())
    plain = tuple(str(escape(paragraph)) for paragraph in paragraphs)
    made = tuple(
        line if (line := found.get(paragraph, "")) and not unknown_in([line]) else bare
        for paragraph, bare in zip(paragraphs, plain, strict=True)
    )
    return made if any("<" in paragraph for paragraph in made) else ()
