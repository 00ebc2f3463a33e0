"""What goes out where a channel has less than Telegram: nothing is lost, nothing is torn, every choice can be typed."""

import html
import re
import unicodedata
from collections.abc import Callable
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.kit import growing_waits, numbered, plain, send_parts, split, utf16_units, visible
from handlers.matching import choices_of, chosen
from outreach.messaging import Button, Reply, SendError, SendErrorKind

TAGS = ("b", "i", "u", "s", "code", "blockquote")
WORDS = st.text(st.sampled_from("aăđếổ&<>\"' \n.😀👍🏽é\u0301ư\u200d1🇻🇳\u20e3\ufe0f"), max_size=12)


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


@given(text=WORDS)
def test_the_unit_of_java_and_javascript(text: str) -> None:
    assert utf16_units(text) == utf16(text)


# What people see as one character each, and the white space that may stand between them.
LETTERS = st.sampled_from(
    ["a", "ế", "e\u0301\u0323", "😀", "👍🏽", "1\ufe0f\u20e3", "🇻🇳", "👩\u200d🎓", "क\u093e", "n\u0488"]
)


@given(letters=st.lists(LETTERS | st.sampled_from([" ", "\n", ". "]), max_size=60), limit=st.integers(8, 30))
def test_no_character_is_torn(letters: list[str], limit: int) -> None:
    """Eight units are the most that one of them takes."""
    parts = split("".join(letters), limit=limit, measure=utf16)
    left = [letter for letter in letters if letter.strip()]
    for part in parts:
        rest = re.sub(r"\s", "", part)
        while rest:
            letter = left.pop(0).strip()
            assert rest.startswith(letter)
            rest = rest.removeprefix(letter)
    assert not left


def test_a_character_of_several_code_points_stays_whole() -> None:
    assert split("aaa👍🏽b", limit=4) == ["aaa", "👍🏽b"]
    assert split("aae\u0301b", limit=3) == ["aa", "e\u0301b"]
    assert split("ae\u0301b", limit=2) == ["a", "e\u0301", "b"]
    assert split("🇻🇳🇱🇦🇰🇭", limit=3) == ["🇻🇳", "🇱🇦", "🇰🇭"]


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


@given(source=SOURCES)
def test_plain_text_has_every_word_and_no_markup(source: str) -> None:
    shown = plain(source)
    assert unicodedata.is_normalized("NFC", shown)
    assert plain(html.escape(shown)) == shown
    if "<a " not in source:
        assert shown == unicodedata.normalize("NFC", visible(source))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<b>Mới</b>: a &lt; b &amp; c", "Mới: a < b & c"),
        ('Xem <a href="https://a.vn/?x=1&amp;y=2">trang <b>tỉnh</b></a>.', "Xem trang tỉnh (https://a.vn/?x=1&y=2)."),
        ('<a href="https://a.vn">https://a.vn</a>', "https://a.vn"),
        ('<a href="https://a.vn"> </a>', "https://a.vn"),
        ("e\u0302\u0301", "ế"),
    ],
)
def test_links_are_spelled(source: str, shown: str) -> None:
    assert plain(source) == shown


LABELS = st.text(st.sampled_from("aĂđế <&>'·.1 2:"), min_size=1, max_size=8).filter(str.strip) | st.sampled_from(
    ["Đúng", "Dừng", "2007", "2008", "Đúng, xóa hết", "1."]
)
CHOICES = st.builds(lambda label, number: Button(label=label, payload=f"a:b:{number}"), LABELS, st.integers(0, 30))
LINKS = st.builds(lambda label: Button(label=label, url="https://a.vn/?x=1&y=2"), LABELS)
MENUS = st.lists(st.lists(CHOICES | LINKS, min_size=1, max_size=3).map(tuple), max_size=5).map(tuple)


@given(rows=MENUS, text=st.sampled_from(["", "<b>Chọn</b> nhé?"]))
def test_every_menu_can_be_answered_by_what_is_shown(rows: tuple[tuple[Button, ...], ...], text: str) -> None:
    reply = Reply(text=text, buttons=rows)
    shown = numbered(reply)
    choices = choices_of([reply])
    buttons = [button for row in rows for button in row if button.payload]
    counted = not any(button.label.isdecimal() for button in buttons)
    lines = visible(shown.text).splitlines() if counted else []
    for number, button in enumerate(buttons, start=1):
        if counted:
            assert f"{number}. {button.label}" in lines
            assert chosen(str(number), choices=choices) == button.payload
        else:
            assert button.label in visible(shown.text)
            assert chosen(button.label, choices=choices) in {same.payload for same in buttons}
    assert not shown.buttons
    assert shown.text.startswith(text)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (((Button(label="Có", payload="a"), Button(label="Không", payload="b")),), "Chọn\n\n1. Có\n2. Không"),
        (
            ((Button(label="2007", payload="a"), Button(label="2008", payload="b")),),
            "Chọn\n\n2007 · 2008",
        ),
        (
            (
                (Button(label="Đọc tiếp", payload="a", code="DOC 123"),),
                (Button(label="Trang tỉnh", url="https://a.vn/?x=1&y=2"), Button(label="Mã", copy="AB")),
                (Button(label="Thôi", payload="b"),),
            ),
            "Chọn\n\nDOC 123: Đọc tiếp\n2. Thôi\nTrang tỉnh: https://a.vn/?x=1&amp;y=2\nMã: AB",
        ),
        (
            ((Button(label="2007", payload="a"), Button(label="Trang", url="https://a.vn")),),
            "Chọn\n\n2007\nTrang: https://a.vn",
        ),
        (
            ((Button(label="1. Tin một", payload="a"),), (Button(label="2. Tin hai", payload="b"),)),
            "Chọn\n\n1. Tin một\n2. Tin hai",
        ),
        (
            ((Button(label="xã A", payload="a", note=": B, <C>"),), (Button(label="Thôi", payload="b"),)),
            "Chọn\n\n1. xã A: B, &lt;C&gt;\n2. Thôi",
        ),
        ((), "Chọn"),
    ],
)
def test_choices_as_lines(rows: tuple[tuple[Button, ...], ...], text: str) -> None:
    assert numbered(Reply(text="Chọn", buttons=rows)) == Reply(text=text)


@pytest.mark.parametrize(
    ("text", "labels", "added"),
    [
        (
            "1. <b>Kế hoạch</b> của tỉnh · nháp\n2. Tin A &amp; B",
            ["1. Kế hoạch…", "2. Tin A & B", "Cũ hơn"],
            ["3. Cũ hơn"],
        ),
        ("1. xã Bắc Sơn (gồm Quỳnh Sơn)", ["xã Bắc Sơn", "Quay lại"], ["2. Quay lại"]),
        ("1. Tin một\n2. Tin hai", ["1", "2", "Tin cũ hơn", "Tìm tin"], ["Tin cũ hơn · Tìm tin"]),
        ("1. Tin một\n2. Tin hai", ["1", "2"], []),
        ("1. Mở trang\n2. Chép bài", ["Xong", "Thôi"], ["1. Xong", "2. Thôi"]),
        ("2. Tin hai", ["Tin hai"], ["1. Tin hai"]),
        ("Năm sinh 2007. Đúng?", ["2007", "2008"], ["2007 · 2008"]),
    ],
)
def test_what_the_text_numbers_is_not_listed_again(text: str, labels: list[str], added: list[str]) -> None:
    rows = tuple((Button(label=label, payload=label),) for label in labels)
    assert numbered(Reply(text=text, buttons=rows)).text == "\n\n".join([text, *["\n".join(added)] * bool(added)])


class Line:
    """Accepts what comes, or says what it was told to say first."""

    def __init__(self, *troubles: SendErrorKind | None) -> None:
        self.troubles = list(troubles)
        self.arrived: list[str] = []

    async def send(self, part: Reply) -> str:
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble:
            raise SendError(trouble, "why", retry_after=0.01)
        self.arrived.append(part.text)
        return f"ref-{len(self.arrived)}"


PARTS = [Reply(text="một"), Reply(text="hai"), Reply(text="ba")]


@pytest.mark.parametrize("trouble", [SendErrorKind.NOT_NOW, SendErrorKind.NEVER_LEFT, SendErrorKind.REFUSED])
async def test_a_later_part_is_waited_for_and_the_first_is_not(trouble: SendErrorKind) -> None:
    line = Line(None, trouble, trouble, trouble)
    assert await send_parts(PARTS, line.send, first_wait=0.001) == ("ref-1", "ref-2", "ref-3")
    assert line.arrived == ["một", "hai", "ba"]
    with pytest.raises(SendError) as caught:
        await send_parts(PARTS, Line(trouble).send, first_wait=0.001)
    assert (caught.value.kind, caught.value.reason, caught.value.refs) == (trouble, "why", ())


@pytest.mark.parametrize(("trouble", "times"), [(SendErrorKind.REFUSED, 3), (SendErrorKind.UNKNOWN, 1)])
async def test_a_later_part_is_tried_as_often_as_the_provider_allows(trouble: SendErrorKind, times: int) -> None:
    asked: list[str] = []

    async def send(part: Reply) -> str:
        asked.append(part.text)
        if part.text == "hai":
            raise SendError(trouble, "why", most_tries=3)
        return "ref"

    with pytest.raises(SendError) as caught:
        await send_parts(PARTS, send, first_wait=0.001)
    assert asked == ["một"] + ["hai"] * times
    of_rest = caught.value.of_rest
    assert (of_rest.kind, of_rest.reason, of_rest.tried) == (trouble, "why", times)


@pytest.mark.parametrize("trouble", list(SendErrorKind))
async def test_what_arrived_in_part_is_never_given_back_whole(trouble: SendErrorKind) -> None:
    with pytest.raises(SendError) as caught:
        await send_parts(PARTS, Line(None, *[trouble] * 4).send, first_wait=0.001)
    kept = {SendErrorKind.GONE, SendErrorKind.MOVED, SendErrorKind.OUR_FAULT, SendErrorKind.HARMLESS}
    told = (trouble, "why") if trouble in kept else (SendErrorKind.UNKNOWN, "partly_sent")
    assert (caught.value.kind, caught.value.reason) == told
    assert (caught.value.refs, caught.value.rest) == (("ref-1",), tuple(PARTS[1:]))
