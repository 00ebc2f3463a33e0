"""HTML parse mode: error texts with their byte offsets, entities with their UTF-16 offsets."""

from typing import Any

import pytest

from simulator.client import Client
from simulator.errors import ApiError
from simulator.parse_html import parse_html
from simulator.texts import find_entities

CUP = "🏟"  # four bytes, two UTF-16 units

REFUSED = [
    ("<abac>x", 'Unsupported start tag "abac" at byte offset 0'),
    (f"{CUP} &lt;<abac>", 'Unsupported start tag "abac" at byte offset 9'),
    ("ầ<x>", 'Unsupported start tag "x" at byte offset 3'),
    ("1 <", "Unclosed start tag at byte offset 2"),
    ("<b", "Unclosed start tag at byte offset 0"),
    ("a < b > c", 'Unsupported start tag "" at byte offset 2'),
    ("<i =a>x</i>", 'Empty attribute name in the tag "i" at byte offset 0'),
    ("<i a = ", 'Unclosed start tag "i" at byte offset 0'),
    ("<i a = 190az-.,>", "Unexpected end of name token at byte offset 7"),
    ('<a href="x', "Unclosed start tag at byte offset 0"),
    ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
    ("<b><i>x</i>", 'Can\'t find end tag corresponding to start tag "b"'),
    ("</b>", "Unexpected end tag at byte offset 0"),
    ("<b></b></b>", "Unexpected end tag at byte offset 7"),
    ("<i>a</i  ", "Unclosed end tag at byte offset 4"),
    ("<i>ầ</em  >", 'Unmatched end tag at byte offset 6, expected "</i>", found "</em>"'),
    ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
    ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ('<tg-emoji emoji-id="x">👍</tg-emoji>', "Invalid custom emoji identifier specified"),
]

READ = [
    ("", "", []),
    ("&lt;&gt;&amp;&quot; &laquo; &#65; &#x1F44D; & b", '<>&" &laquo; A 👍 & b', []),
    ("&lt", "<", []),
    (f"{CUP}<b>ầ</b>", f"{CUP}ầ", [("bold", 2, 1)]),
    (f"<b>{CUP}</b>", CUP, [("bold", 0, 2)]),
    ("<strong>a</strong><em>b</em><ins>c</ins><del>d</del>", "abcd",
     [("bold", 0, 1), ("italic", 1, 1), ("underline", 2, 1), ("strikethrough", 3, 1)]),
    ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
    ("<B>a</>", "a", [("bold", 0, 1)]),
    ("<b></b>a", "a", []),
    ("<blockquote>a</blockquote>", "a", [("blockquote", 0, 1)]),
    ("<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", 0, 1)]),
    ('<span class="tg-spoiler">a</span><tg-spoiler>b</tg-spoiler>', "ab", [("spoiler", 0, 1), ("spoiler", 1, 1)]),
    ("<code>a</code><pre>b</pre>", "ab", [("code", 0, 1), ("pre", 1, 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "error"), REFUSED)
def test_what_telegram_refuses(source: str, error: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_html(source)
    assert caught.value.code == 400
    assert caught.value.description == f"Bad Request: can't parse entities: {error}"


@pytest.mark.parametrize(("source", "text", "entities"), READ)
def test_what_telegram_reads(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    found, marks = parse_html(source)
    assert found == text
    assert [(mark["type"], mark["offset"], mark["length"]) for mark in marks] == entities


def test_links_code_and_mentions_keep_what_they_point_at() -> None:
    def one(source: str) -> dict[str, Any]:
        return parse_html(source)[1][0]

    assert one('<a href="https://a.vn/?x=1&amp;y=2">a</a>')["url"] == "https://a.vn/?x=1&y=2"
    assert one("<a>a.vn</a>")["url"] == "http://a.vn/"
    assert one('<a href="tg://user?id=5">a</a>') == {
        "type": "text_mention",
        "offset": 0,
        "length": 1,
        "user": {"id": 5},
    }
    assert one('<pre><code class="language-python">a</code></pre>')["language"] == "python"
    assert parse_html('<a href="không phải">a</a>')[1] == []


def test_the_server_finds_links_and_commands_by_itself() -> None:
    text = "Ẩ /tin a.b@c.vn https://langson.gov.vn/x, #tinmoi @LoaTreBot </b> a/b"
    found = [(mark["type"], text[mark["offset"] : mark["offset"] + mark["length"]]) for mark in find_entities(text)]
    assert found == [
        ("bot_command", "/tin"),
        ("email", "a.b@c.vn"),
        ("url", "https://langson.gov.vn/x"),
        ("hashtag", "#tinmoi"),
        ("mention", "@LoaTreBot"),
    ]
    assert find_entities("😀 /tin")[0]["offset"] == 3


async def test_white_space_around_a_text_goes_and_entities_move(simulator: Client, person: int) -> None:
    sent = await simulator.call("sendMessage", chat_id=person, text="\n 😀 <b>đậm </b> \n", parse_mode="html")
    assert sent["text"] == "😀 đậm"
    assert sent["entities"] == [{"offset": 3, "length": 3, "type": "bold"}]
    with pytest.raises(ApiError, match="Text contains invalid Unicode characters after decoding HTML entities"):
        await simulator.call("sendMessage", chat_id=person, text="a &#xD83D; b", parse_mode="HTML")
    with pytest.raises(ApiError, match="can't parse entities: Unsupported start tag"):
        await simulator.call("sendMessage", chat_id=person, text="<h1>a</h1>", parse_mode="HTML")


async def test_entities_may_be_given_instead_of_a_parse_mode(simulator: Client, person: int) -> None:
    given = [{"type": "bold", "offset": 0, "length": 1}]
    sent = await simulator.call("sendMessage", chat_id=person, text="a <b>", entities=given)
    assert (sent["text"], sent["entities"]) == ("a <b>", given)
