"""reply_markup: inline keyboards with their limits, reply keyboards, and their removal."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from simulator.chats import Keyboard
from simulator.errors import bad_request
from simulator.params import Args, load_json

MOST_DATA_BYTES = 64
MOST_BUTTONS = 100
MOST_IN_ROW = 8
MOST_COPY_TEXT = 256
LINK_SCHEMES = frozenset({"http", "https", "tg"})
SHOWN = ("text", "style", "icon_custom_emoji_id")
OTHER_TYPES = (
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "callback_game",
    "pay",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """What a reply_markup asks for: an inline keyboard, a reply keyboard to show, or one to take away."""

    inline: Keyboard | None = None
    reply: dict[str, Any] | None = None
    remove: bool = False


NOTHING = Markup()


def read_markup(args: Args) -> Markup:
    value = args.values.get("reply_markup")
    if value is None or value == "":
        return NOTHING
    return _parse(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


@lru_cache(maxsize=4_096)
def _parse(source: str) -> Markup:
    try:
        found = load_json(source)
    except ValueError as problem:
        raise bad_request("can't parse reply keyboard markup JSON object") from problem
    if not isinstance(found, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in found:
        rows = _rows(found["inline_keyboard"], field="inline_keyboard", owner="InlineKeyboardMarkup")
        return Markup(inline=_inline(rows) or None)
    if "keyboard" in found:
        rows = _rows(found["keyboard"], field="keyboard", owner="ReplyKeyboardMarkup")
        return Markup(reply={**found, "keyboard": [[_reply_button(button) for button in row] for row in rows]})
    return Markup(remove=bool(found.get("remove_keyboard")))


def _rows(value: Any, *, field: str, owner: str) -> list[list[Any]]:
    if not isinstance(value, list):
        raise bad_request(f'field "{field}" of the {owner} must be an Array')
    if not all(isinstance(row, list) for row in value):
        raise bad_request(f'field "{field}" of the {owner} must be an Array of Arrays')
    return value


def _reply_button(button: Any) -> dict[str, Any]:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, dict):
        raise bad_request("can't parse keyboard button: KeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request("can't parse keyboard button: Can't find field \"text\"")
    if not text:
        raise bad_request("keyboard button text must be non-empty")
    return button


def _inline(rows: list[list[Any]]) -> Keyboard:
    kept = [[_inline_button(button) for button in row] for row in rows if row]
    if sum(map(len, kept)) > MOST_BUTTONS or any(len(row) > MOST_IN_ROW for row in kept):
        raise bad_request("reply markup is too long")
    return kept


def _checked_label(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = button.get("text")
    if text is None:
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not isinstance(text, str):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not text:
        raise bad_request("inline keyboard button text must be non-empty")
    return button


def _inline_button(button: Any) -> dict[str, Any]:
    return _checked_action(_checked_label(button))


def _checked_action(button: dict[str, Any]) -> dict[str, Any]:
    """The button with the one thing it does; of several the first counts, and the others are forgotten."""
    shown = {name: button[name] for name in SHOWN if isinstance(button.get(name), str)}
    if "url" in button:
        return {**shown, "url": _checked_url(button["url"])}
    if "callback_data" in button:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= MOST_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
        return {**shown, "callback_data": data}
    if "copy_text" in button:
        copied = button["copy_text"]
        text = copied.get("text") if isinstance(copied, dict) else None
        if not isinstance(text, str) or not 1 <= len(text) <= MOST_COPY_TEXT:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
        return {**shown, "copy_text": {"text": text}}
    others = [name for name in OTHER_TYPES if name in button]
    if not others:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    return {**shown, others[0]: button[others[0]]}


def _checked_url(url: Any) -> str:
    if not isinstance(url, str) or not url:
        raise bad_request("inline keyboard button URL is empty")
    full = url if "://" in url or url.startswith("tg:") else f"http://{url}"
    try:
        parts = urlsplit(full)
    except ValueError as problem:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL") from problem
    if parts.scheme not in LINK_SCHEMES:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Unsupported URL protocol")
    host = parts.hostname or ""
    if parts.scheme != "tg" and ("." not in host or " " in url):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return full
