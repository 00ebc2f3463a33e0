"""A portal's page in HTML. The body is found by trafilatura; what stands around it (title, date, writer) by the page's own order."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import trafilatura
from lxml import etree, html  # type: ignore[import-untyped]  # lxml ships no types

from content.readers.dates import from_iso
from content.readers.lines import split_lines, tidy
from content.readers.page import MAX_LETTERS, PageKind, ReadError, ReadFault, ReadPage
from content.readers.rules import is_chrome, is_site_name
from outreach.text import fold

# Never text of the article.
_DROPPED_TAGS = {
    "script", "style", "noscript", "template", "nav", "aside", "form", "button", "select", "option", "textarea", "svg", "math",
    "iframe", "object", "embed", "video", "audio", "canvas", "dialog", "figcaption", "head", "input",
}  # fmt: skip
# Words in a class or id that mean chrome. Only a part of the page may go for its name: see _is_wrapper.
_CHROME_NAMES = {
    "share", "sharing", "shares", "social", "socials", "addthis", "sharethis", "like", "rating", "rate", "vote", "voting", "star",
    "stars", "breadcrumb", "breadcrumbs", "crumb", "related", "relate", "relates", "lienquan", "othernews", "tinkhac", "comment",
    "comments", "binhluan", "sidebar", "menu", "navbar", "navigation", "toolbar", "fontsize", "textsize", "resize", "contrast",
    "print", "banner", "ads", "advert", "adv", "tags", "keywords", "pagination", "pager", "cookie", "popup", "modal", "caption",
    "copyright", "accessibility", "tts", "player", "login", "search", "skip",
}  # fmt: skip
_BLOCKS = {
    "p", "div", "section", "article", "main", "header", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt",
    "dd", "table", "tr", "td", "th", "tbody", "thead", "blockquote", "pre", "figure", "center", "hr", "br", "body", "address",
    "details", "summary", "title",
}  # fmt: skip
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_TITLE_SIGNS = re.compile(r"\s+[|–—-]\s+|\s*[|»]\s*")
# Around the body found: this many short lines over it and under it may hold date, writer and source.
_LINES_ABOVE = 3
_LINES_BELOW = 4
_SHORT_LETTERS = 90
# Pictures written into the page by a browser's "save as".
_INLINE_DATA = re.compile(r"data:[\w/+.-]+;base64,[\w/+=]+")
# What is left of a portal's page measures some 0.3 million; parsing takes seconds for each million.
_MAX_MARKUP_LETTERS = 2_000_000


def _chrome_name(element: etree._Element) -> bool:
    words = [word.lower() for word in _WORDS.findall(f"{element.get('class') or ''} {element.get('id') or ''}")]
    pairs = (first + second for first, second in pairwise(words))  # font-size, fontSize
    return not _CHROME_NAMES.isdisjoint([*words, *pairs])


def _hidden(element: etree._Element) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or element.get("hidden") is not None


def _is_wrapper(element: etree._Element, *, letters: int) -> bool:
    """Whether the element holds the article for all its name ("has-sidebar"): a first heading, or half of the text."""
    if (
        element.tag in {"html", "body", "main", "article"}
        or element.find(".//h1") is not None
        or element.find(".//article") is not None
    ):
        return True
    return sum(map(len, element.itertext())) > letters / 2


def _is_dropped(element: etree._Element, *, letters: int) -> bool:
    tag = element.tag
    if not isinstance(tag, str) or tag in _DROPPED_TAGS or _hidden(element):
        return True
    if tag in {"header", "footer"}:
        inside = next(element.iterancestors("article", "main"), None) is not None
        return not inside and not _is_wrapper(element, letters=letters)
    return _chrome_name(element) and not _is_wrapper(element, letters=letters)


def _prune(root: etree._Element) -> None:
    letters = sum(map(len, root.itertext()))
    for element in list(root.iter()):
        if element is not root and _is_dropped(element, letters=letters) and element.getparent() is not None:
            element.drop_tree() if isinstance(element, html.HtmlElement) else element.getparent().remove(element)


def _pieces(root: etree._Element) -> Iterator[str]:
    """Text as it runs, a line end wherever a block begins or ends."""
    for event, element in etree.iterwalk(root, events=("start", "end")):
        block = element.tag in _BLOCKS
        if block:
            yield "\n"
        text = element.text if event == "start" else element.tail
        if text:
            yield _SPACE.sub(" ", text)


def _key(text: str) -> str:
    return fold(text).replace(" ", "")


def _around_body(lines: Sequence[str], *, body: str, title: str | None) -> Sequence[str]:
    """The title, the body found by trafilatura, and the short lines about them; everything if the two do not match."""
    if not body:
        return lines
    text = _key(body)
    inside = [len(line) > 1 and _key(line) in text for line in lines]
    heading = next((index for index, line in enumerate(lines) if title and _key(line) == _key(title)), None)
    first = next(
        (index for index in range(heading + 1 if heading is not None else 0, len(lines)) if inside[index]), None
    )
    if first is None:
        return lines
    last = max(index for index, part in enumerate(inside) if part)
    start = max(0, (heading if heading is not None else first) - _LINES_ABOVE)
    short = [len(line) < _SHORT_LETTERS for line in lines]
    above = [lines[index] for index in range(start, first) if short[index] or index == heading]
    below = [lines[index] for index in range(last + 1, min(len(lines), last + 1 + _LINES_BELOW)) if short[index]]
    return [*above, *(lines[index] for index in range(first, last + 1) if inside[index]), *below]


def _meta(root: etree._Element, *names: str) -> str | None:
    for name in names:
        for element in root.iter("meta"):
            if name in {element.get("property"), element.get("name"), element.get("itemprop")}:
                content = tidy(element.get("content") or "")
                if content:
                    return content
    return None


def _without_site(title: str) -> str:
    """A page's title without the site's name behind it, or in front of it."""
    site = [match for match in _TITLE_SIGNS.finditer(title) if is_site_name(title[match.end() :])]
    if site:
        return title[: site[0].start()].strip()
    front = next((match for match in _TITLE_SIGNS.finditer(title) if is_site_name(title[: match.start()])), None)
    return title[front.end() :].strip() if front else title


def _title_candidates(root: etree._Element) -> tuple[list[str], list[str]]:
    """(titles marked as the article's own, titles of the window), without the site's name."""
    headings = [tidy(" ".join(element.itertext())) for element in root.iter("h1")]
    own = [_meta(root, "og:title", "twitter:title") or "", *headings]
    window = [tidy(element.text or "") for element in root.iter("title")]

    def named(texts: Sequence[str]) -> list[str]:
        names = (_without_site(text) for text in texts if text)
        return [name for name in names if name and not is_site_name(name) and not is_chrome(name)]

    return named(own), named(window)


def _title(own: Sequence[str], *, window: Sequence[str], lines: Sequence[str]) -> str | None:
    """The first that the page prints; else what is marked as the article's own. A window's title alone may be anything."""
    printed = {fold(line) for line in lines}
    return next((name for name in [*own, *window] if fold(name) in printed), own[0] if own else None)


def _published(root: etree._Element) -> str:
    stated = _meta(
        root, "article:published_time", "datePublished", "pubdate", "publish-date", "dc.date.issued", "DC.date.issued"
    )
    times = (element.get("datetime") for element in root.iter("time"))
    return stated or next((time for time in times if time), "")


def read_html(text: str, *, name: str) -> ReadPage:
    text = _INLINE_DATA.sub("", text)
    if len(text) > _MAX_MARKUP_LETTERS:
        raise ReadError(ReadFault.TOO_BIG)
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    own, window = _title_candidates(root)
    published_at, published_on = from_iso(_published(root))
    author = _meta(root, "author", "article:author")
    site = _meta(root, "og:site_name")
    body = (
        trafilatura.extract(text, output_format="txt", include_comments=False, include_tables=True, favor_recall=True)
        or ""
    )
    _prune(root)
    lines = split_lines("".join(_pieces(root)))
    title = _title(own, window=window, lines=lines)
    lines = list(_around_body(lines, body=body, title=title))
    if not lines:
        raise ReadError(ReadFault.EMPTY)
    if sum(map(len, lines)) > MAX_LETTERS:
        raise ReadError(ReadFault.TOO_BIG)
    return ReadPage(
        name=name,
        kind=PageKind.HTML,
        paragraphs=tuple(lines),
        title=title,
        published_at=published_at,
        published_on=published_on,
        byline=author if author and not is_site_name(author) else None,
        source=site,
    )
