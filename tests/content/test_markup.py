"""Formatting from outside: the closed subset passes, everything else is words, and what comes out is well-formed."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from content.markup import formatted_paragraphs, spelled, words_of


def test_the_subset_stays_and_the_rest_is_words() -> None:
    html = (
        'Tên\n<strong>Đậm</strong> <script>alert(1)</script> <a href="javascript:x">xấu</a>\n'
        '<i>Nghiêng <a href="https://a.vn/?x=1&amp;y=2">liên kết</a></i> 1 &lt; 2'
    )
    assert formatted_paragraphs(("Đậm alert(1) xấu", "Nghiêng liên kết 1 < 2"), html=html) == (
        "<b>Đậm</b> alert(1) xấu",
        '<i>Nghiêng <a href="https://a.vn/?x=1&amp;y=2">liên kết</a></i> 1 &lt; 2',
    )


def test_a_tag_over_several_lines_is_closed_in_each() -> None:
    assert formatted_paragraphs(("Một", "Hai"), html="<b>Một\nHai</b>") == ("<b>Một</b>", "<b>Hai</b>")


def test_without_formatting_there_is_none() -> None:
    assert formatted_paragraphs(("Một & hai",), html="Một &amp; hai") == ()


def test_a_torn_placeholder_and_words_that_are_not_there_stay_plain() -> None:
    html = "{{ <b>xa</b> }} mở lớp\n<b>Đậm</b>"
    assert formatted_paragraphs(("{{ xa }} mở lớp", "Đậm", "Khác & lạ"), html=html) == (
        "{{ xa }} mở lớp",
        "<b>Đậm</b>",
        "Khác &amp; lạ",
    )


def test_an_address_is_counted_where_it_is_spelled() -> None:
    assert spelled('Xem <a href="https://a.vn">đây</a> &amp; đó') == "Xem  (https://a.vn)đây & đó"
    assert words_of('Xem <a href="https://a.vn">đây</a> &amp; đó') == "Xem đây & đó"


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"b", "i", "u", "s", "a", "code", "blockquote"}
        assert (dict(attrs).get("href") or "https://").startswith("http")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(st.lists(st.sampled_from(["<b>", "</b>", "<i>", "</i>", "<a href='ftp://x'>", "</a>", "<x y>", "a", "&", "\n"])))
def test_whatever_comes_is_well_formed(pieces: list[str]) -> None:
    html = "".join(pieces)
    paragraphs = ("a", "aa", "a&a", "&")
    for paragraph in formatted_paragraphs(paragraphs, html=html):
        reader = _Balance()
        reader.feed(paragraph)
        reader.close()
        assert not reader.open
