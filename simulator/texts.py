"""From what a call says to what a message holds: parse mode, entities found by themselves, the limits on length."""

import re
from functools import lru_cache
from typing import Any

from simulator.chats import Entities
from simulator.errors import bad_request
from simulator.params import Args, load_json
from simulator.parse_html import parse_html, utf16_length

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
MOST_ENTITIES = 100
MOST_SOURCE_BYTES = 32_768
CLOSED = frozenset({"code", "pre", "text_link", "text_mention", "custom_emoji"})
FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"]+|\b(?:t\.me|www\.[\w-]+\.\w+)(?:/[^\s<>\"]*)?)"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?<![\w/<>])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?)(?![\w/<>])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z]\w{3,31})"
    r"|(?<![\w#])(?P<hashtag>#\w*[^\W\d_]\w*)"
)
TRAILING = ".,:;!?)'\"»”"


def find_entities(text: str) -> list[dict[str, Any]]:
    """Links, e-mail addresses, commands, mentions and hashtags, as the server marks them in any plain text."""
    found = []
    for match in FOUND.finditer(text):
        kind = match.lastgroup or ""
        value = match.group().rstrip(TRAILING) if kind == "url" else match.group()
        found.append({"offset": utf16_length(text[: match.start()]), "length": utf16_length(value), "type": kind})
    return found


def _strip(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """Drop white space around a text and move the entities accordingly."""
    left = utf16_length(text[: len(text) - len(text.lstrip())])
    stripped = text.strip()
    if stripped == text:
        return text, entities
    length = utf16_length(stripped)
    kept = []
    for entity in entities:
        start = max(0, entity["offset"] - left)
        stop = min(length, entity["offset"] + entity["length"] - left)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return stripped, kept


def span(entity: dict[str, Any]) -> tuple[int, int]:
    return entity["offset"], entity["offset"] + entity["length"]


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


@lru_cache(maxsize=4_096)
def format_text(source: str, parse_mode: str, entities_json: str) -> tuple[str, Entities]:
    """The plain text and its entities; cached, because a campaign says the same thing to everybody."""
    if len(source.encode()) > MOST_SOURCE_BYTES:
        raise bad_request("text is too long")
    if parse_mode.lower() == "html":
        text, entities = parse_html(source)
    elif parse_mode:
        raise bad_request("unsupported parse_mode")
    else:
        text, entities = source, _given_entities(entities_json)
    text, entities = _strip(text.replace("\r\n", "\n"), entities)
    closed = [span(entity) for entity in entities if entity["type"] in CLOSED]
    own = [entity for entity in find_entities(text) if not any(_overlap(span(entity), taken) for taken in closed)]
    merged = sorted([*entities, *own], key=lambda entity: (entity["offset"], -entity["length"]))
    return text, tuple(merged[:MOST_ENTITIES])


def _given_entities(entities_json: str) -> list[dict[str, Any]]:
    if not entities_json:
        return []
    try:
        found = load_json(entities_json)
    except ValueError as problem:
        raise bad_request("can't parse entities JSON object") from problem
    if not isinstance(found, list):
        raise bad_request('expected an Array of "MessageEntity"')
    return [dict(entity) for entity in found if isinstance(entity, dict)]


def message_text(args: Args, *, too_long: str = "message is too long") -> tuple[str, Entities]:
    """The text of sendMessage and editMessageText, or the error Telegram answers (its two methods word one differently)."""
    source = args.text("text")
    if not source.strip():
        raise bad_request("message text is empty")
    text, entities = format_text(source, args.text("parse_mode"), args.text("entities"))
    if not text:
        raise bad_request("text must be non-empty")
    if len(text) > LONGEST_TEXT:
        raise bad_request(too_long)
    return text, entities


def caption_text(args: Args) -> tuple[str, Entities]:
    source = args.text("caption")
    if not source:
        return "", ()
    text, entities = format_text(source, args.text("parse_mode"), args.text("caption_entities"))
    if len(text) > LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    return text, entities
