"""Cutting long texts: whatever comes, nothing is lost, nothing is torn, every part stands on its own."""

import html
import re
from collections.abc import Callable
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.kit import growing_waits, split, visible

TAGS = ("b", "i", "u", "s", "code", "blockquote")
WORDS = st.text(st.sampled_from("aăđếổ&<>\"' \n.😀👍🏽é\u0301ư\u200d1"), max_size=12)


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def tagged(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.lists(inner, max_size=6).map("".join)
    plain = st.tuples(st.sampled_from(TAGS), joined).map(lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>")
    link = joined.map(lambda text: f'<a href="https://a.vn/?x=1&amp;y=2">{text}</a>')
    return plain | link | joined


SOURCES = st.recursive(WORDS.map(html.escape), tagged, max_leaves=40)


def spans(source: str) -> list[tuple[str, tuple[str, ...]]]:
    """Each character that is no white space with the tags around it; fails where tags do not match or an entity is torn."""
    found = []
    around: list[str] = []
    for token in re.finditer(r"<(/?)(\w+)[^<>]*>|&(?:amp|lt|gt|quot|#x27);|[^<>&]", source):
        if token[2] is None:
            found.append((html.unescape(token[0]), tuple(around)))
        elif not token[1]:
            around.append(token[0])
        else:
            assert around.pop().startswith(f"<{token[2]}")
    assert not around, source
    assert "".join(token[0] for token in re.finditer(r"<[^<>]*>|&[#\w]+;|[^<>&]", source)) == source
    return [(char, tags) for char, tags in found if not char.isspace()]


@given(source=SOURCES, limit=st.integers(2, 40), measure=st.sampled_from([len, utf16]))
def test_nothing_is_lost_or_torn(source: str, limit: int, measure: Callable[[str], int]) -> None:
    parts = split(source, limit=limit, measure=measure)
    assert [span for part in parts for span in spans(part)] == spans(source)
    if len(parts) > 1:
        shown = [visible(part) for part in parts]
        assert all(0 < measure(part) <= limit for part in shown)
        assert all(part == part.strip() for part in shown)
    else:
        assert measure(visible(source).strip()) <= limit or not visible(source).strip()


@pytest.mark.parametrize(
    ("source", "limit", "parts"),
    [
        ("ngắn <b>thôi</b>", 9, ["ngắn <b>thôi</b>"]),
        ("một hai ba", 7, ["một hai", "ba"]),
        ("<b>một hai</b> ba", 5, ["<b>một</b>", "<b>hai</b>", "ba"]),
        ('<a href="https://a.vn">một hai</a>', 4, ['<a href="https://a.vn">một</a>', '<a href="https://a.vn">hai</a>']),
        ("đoạn một\n\nđoạn hai dài", 12, ["đoạn một", "đoạn hai dài"]),
        ("Câu một. Câu hai dài", 14, ["Câu một.", "Câu hai dài"]),
        ("a&amp;b&lt;c", 2, ["a&amp;", "b&lt;", "c"]),
        ("<b><i>abcd</i>ef</b>", 3, ["<b><i>abc</i></b>", "<b><i>d</i>ef</b>"]),
        ("   \n  ", 3, ["   \n  "]),
    ],
)
def test_where_it_cuts(source: str, limit: int, parts: list[str]) -> None:
    assert split(source, limit=limit) == parts


def test_a_character_of_several_code_points_stays_whole() -> None:
    assert split("aaa👍🏽b", limit=4) == ["aaa", "👍🏽b"]
    assert split("aae\u0301b", limit=3) == ["aa", "e\u0301b"]


def test_units_are_the_channels_own() -> None:
    text = "😀" * 4
    assert split(text, limit=4) == [text]
    assert split(text, limit=4, measure=utf16) == ["😀😀", "😀😀"]


def test_a_whole_document() -> None:
    source = "\n\n".join(f"<b>Điều {number}.</b> " + "thanh niên có tài năng " * 60 for number in range(12))
    parts = split(source, limit=4096)
    assert len(parts) == 6  # two whole ones in each
    assert all(part.startswith("<b>Điều") for part in parts)


def test_waits_grow_to_a_limit() -> None:
    assert list(islice(growing_waits(first=1, most=10), 6)) == [1, 2, 4, 8, 10, 10]
