"""Reading the body of a message: text, picture, file, buttons, and everything that is refused."""

from dataclasses import dataclass, field
from typing import Any

from simulator.zalo.files import file_url
from simulator.zalo.oa.errors import OaError
from simulator.zalo.oa.state import Oa

LONGEST_TEXT = 2_000
LONGEST_TITLE = 100
LONGEST_PAYLOAD = 1_000
MOST_BUTTONS = 5
INVALID, TOO_LONG, UNSUPPORTED = -201, -210, -233


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message that was found good. ``kind`` is text, image, gif or file; ``extra`` is what the page shows, ``attachments`` what the echo carries."""

    kind: str
    text: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    attachments: list[dict[str, Any]] = field(default_factory=list)


def text_of(found: dict[str, Any], name: str, *, longest: int, code: int = TOO_LONG, empty: bool = False) -> str:
    """A text of 1 to ``longest`` characters."""
    value = found.get(name)
    if not isinstance(value, str) or not (value.strip() or empty):
        raise OaError(INVALID, f"{name} is invalid")
    if len(value) > longest:
        raise OaError(code, f"{name} is longer than {longest} characters")
    return value


def word_of(found: dict[str, Any], name: str, *, default: str = "") -> str:
    """One of a few known words; what is no text is none of them."""
    value = found.get(name, default)
    return value if isinstance(value, str) else "?"


def object_of(found: dict[str, Any], name: str) -> dict[str, Any]:
    value = found.get(name)
    if not isinstance(value, dict):
        raise OaError(INVALID, f"{name} is invalid")
    return value


def read_message(oa: Oa, values: dict[str, Any]) -> Outgoing:
    message = object_of(values, "message")
    text = text_of(message, "text", longest=LONGEST_TEXT) if message.get("text") is not None else ""
    quote = {"quote": text_of(message, "quote_message_id", longest=100)} if "quote_message_id" in message else {}
    if message.get("attachment") is None:
        if not text:
            raise OaError(INVALID, "message is empty")
        return Outgoing(kind="text", text=text, extra=quote)
    attachment = object_of(message, "attachment")
    payload = object_of(attachment, "payload")
    if attachment.get("type") == "file":
        return _file(oa, payload, text=text)
    if attachment.get("type") != "template":
        raise OaError(INVALID, "attachment.type is invalid")
    template_type = word_of(payload, "template_type")
    if template_type == "media":
        return _picture(oa, payload, text=text, extra=quote)
    if template_type not in {"", "button"}:
        raise OaError(UNSUPPORTED)
    if not text:
        text = text_of(payload, "text", longest=LONGEST_TEXT)
    return Outgoing(kind="text", text=text, extra={**quote, "buttons": read_buttons(oa, payload)})


def _file(oa: Oa, payload: dict[str, Any], *, text: str) -> Outgoing:
    found = oa.uploads.get(text_of(payload, "token", longest=200), kind="file", now=oa.clock.now())
    stored = found.stored
    url = file_url(stored)
    shown = {"name": stored.name, "size": stored.size, "url": url}
    payload = {"size": str(stored.size), "name": stored.name, "url": url}
    return Outgoing(kind="file", text=text, extra={"file": shown}, attachments=[{"type": "file", "payload": payload}])


def _picture(oa: Oa, payload: dict[str, Any], *, text: str, extra: dict[str, Any]) -> Outgoing:
    elements = payload.get("elements")
    if not isinstance(elements, list) or len(elements) != 1 or not isinstance(elements[0], dict):
        raise OaError(INVALID, "elements is invalid")
    element = elements[0]
    kind = word_of(element, "media_type")
    if kind not in {"image", "gif"}:
        raise OaError(UNSUPPORTED)
    if kind == "gif" and not all(isinstance(element.get(side), int) for side in ("width", "height")):
        raise OaError(INVALID, "width and height are invalid")
    if ("url" in element) == ("attachment_id" in element):
        raise OaError(INVALID, "elements has either url or attachment_id")
    if "url" in element:
        url = text_of(element, "url", longest=2_000)
        if not url.startswith(("https://", "http://")):
            raise OaError(INVALID, "url is invalid")
    else:
        wanted = text_of(element, "attachment_id", longest=200)
        stored = oa.uploads.get(wanted, kind=kind, now=oa.clock.now()).stored
        url = file_url(stored)
    attachments = [{"type": kind, "payload": {"thumbnail": url, "url": url}}]
    return Outgoing(kind=kind, text=text, extra={**extra, "image_url": url}, attachments=attachments)


def read_buttons(oa: Oa, payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The buttons as the page reads them."""
    buttons = payload.get("buttons")
    if not isinstance(buttons, list) or not buttons or not all(isinstance(button, dict) for button in buttons):
        raise OaError(INVALID, "buttons is invalid")
    if oa.settings.refuse_buttons:
        raise OaError(oa.settings.refuse_buttons)
    if len(buttons) > MOST_BUTTONS:
        raise OaError(INVALID, f"buttons has more than {MOST_BUTTONS} items")
    return [_button(button) for button in buttons]


def _button(button: dict[str, Any]) -> dict[str, Any]:
    title = text_of(button, "title", longest=LONGEST_TITLE, code=INVALID)
    sort = word_of(button, "type")
    seen: dict[str, Any] = {"title": title, "type": sort}
    if sort in {"oa.query.show", "oa.query.hide"}:
        return {**seen, "payload": text_of(button, "payload", longest=LONGEST_PAYLOAD, code=INVALID)}
    if sort not in {"oa.open.url", "oa.open.phone", "oa.open.sms"}:
        raise OaError(INVALID, "button.type is invalid")
    payload = object_of(button, "payload")
    if sort == "oa.open.url":
        url = text_of(payload, "url", longest=2_000, code=INVALID)
        if not url.startswith(("https://", "http://")):
            raise OaError(INVALID, "button.payload.url is invalid")
        return {**seen, "url": url}
    seen["phone"] = text_of(payload, "phone_code", longest=20, code=INVALID)
    if sort == "oa.open.sms":
        seen["content"] = text_of(payload, "content", longest=LONGEST_PAYLOAD, code=INVALID)
    return seen
