"""From what a call says to what a message holds: parse mode, entities found by themselves, the limits on length."""

import re
from functools import lru_cache
from typing import Any

from simulator.chats import Entities
from simulator.errors import ApiError, bad_request
from simulator.params import Args, load_json
from simulator.parse_html import parse_html, utf16_length

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
MOST_ENTITIES = 100
MOST_SOURCE_BYTES = 32_768
FARTHEST_OFFSET = 1_000_000
CLOSED = frozenset({"code", "pre", "text_link", "text_mention", "custom_emoji"})
STYLES = frozenset(
    {"bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code", "pre"}
)
FOUND_BY_SERVER = frozenset(
    {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number"}
)
WITH_FIELD = {"text_link": "url", "text_mention": "user", "custom_emoji": "custom_emoji_id"}
FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"]+|\b(?:t\.me|www\.[\w-]+\.\w+)(?:/[^\s<>\"]*)?)"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?<![\w/<>])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?)(?![\w/<>])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z]\w{3,31})"
    r"|(?<![\w#])(?P<hashtag>#\w*[^\W\d_]\w*)"
)
INTEGER = re.compile(r"-?[0-9]{1,10}")
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
        text, entities = source, _given_entities(entities_json, length=utf16_length(source))
    text, entities = _strip(text.replace("\r\n", "\n"), entities)
    closed = [span(entity) for entity in entities if entity["type"] in CLOSED]
    own = [entity for entity in find_entities(text) if not any(_overlap(span(entity), taken) for taken in closed)]
    merged = sorted([*entities, *own], key=lambda entity: (entity["offset"], -entity["length"]))
    return text, tuple(merged[:MOST_ENTITIES])


def _given_entities(entities_json: str, *, length: int) -> list[dict[str, Any]]:
    """The entities a call gives for a text of that length, checked as the server does; those it finds by itself are passed over."""
    if not entities_json:
        return []
    try:
        found = load_json(entities_json)
    except ValueError as problem:
        raise bad_request("can't parse entities JSON object") from problem
    if not isinstance(found, list):
        raise bad_request('expected an Array of "MessageEntity"')
    read = [entity for value in found if (entity := _given_entity(value)) is not None]
    for entity in read:
        _check_place(entity, length=length)
    return [entity for entity in read if entity["length"]]


def _wrong_entity(reason: str) -> ApiError:
    return bad_request(f"can't parse MessageEntity: {reason}")


def _whole(entity: dict[str, Any], name: str) -> int:
    """A whole number of an entity, as a number or in a string."""
    value = entity.get(name)
    if value is None:
        raise _wrong_entity(f'Can\'t find field "{name}"')
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _wrong_entity(f'Field "{name}" must be a Number')
    if isinstance(value, float) or not INTEGER.fullmatch(str(value)):
        raise _wrong_entity(f'Can\'t parse as an integer string "{value}"')
    return int(value)


def _given_entity(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        raise _wrong_entity("MessageEntity must be an Object")
    entity: dict[str, Any] = {"offset": _whole(value, "offset"), "length": _whole(value, "length")}
    kind = value.get("type")
    if kind is None:
        raise _wrong_entity('Can\'t find field "type"')
    if not isinstance(kind, str):
        raise _wrong_entity('Field "type" must be of type String')
    if kind in FOUND_BY_SERVER:
        return None
    if kind in WITH_FIELD:
        entity |= _needed_field(value, WITH_FIELD[kind])
    elif kind not in STYLES:
        raise _wrong_entity("Unsupported type specified")
    elif kind == "pre" and isinstance(value.get("language"), str):
        entity["language"] = value["language"]
    return {"type": kind, **entity}


def _needed_field(value: dict[str, Any], name: str) -> dict[str, Any]:
    content = value.get(name)
    if content is None:
        raise _wrong_entity(f'Can\'t find field "{name}"')
    if name == "user":
        if not isinstance(content, dict):
            raise _wrong_entity('Field "user" must be of type Object')
        return {"user": {"id": _whole(content, "id")}}
    if not isinstance(content, str):
        raise _wrong_entity(f'Field "{name}" must be of type String')
    return {name: content}


def _check_place(entity: dict[str, Any], *, length: int) -> None:
    start, stop = span(entity)
    for name in ("offset", "length"):
        if not 0 <= entity[name] <= FARTHEST_OFFSET:
            raise bad_request(f"receive an entity with incorrect {name} {entity[name]}")
    if start > length:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {start}")
    if stop > length:
        raise bad_request(
            f"entity beginning at UTF-16 offset {start} ends after the end of the text at UTF-16 offset {stop}"
        )


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
