"""What a person does on Zalo, and what the OA's staff writes by hand; each becomes an event for the webhook."""

import hashlib
from collections.abc import Iterable
from typing import Any

from simulator.errors import ControlError
from simulator.files import StoredFile
from simulator.params import Upload
from simulator.sendables import MOST_AT_ONCE, SILENCE, TOWN, sticker_media
from simulator.zalo.done import Done
from simulator.zalo.files import file_url
from simulator.zalo.messages import Message
from simulator.zalo.oa import events
from simulator.zalo.oa.people import OaPerson
from simulator.zalo.oa.receipts import confirm, look_at
from simulator.zalo.oa.state import ADMIN_ID, Oa

LONGEST_TEXT = 2_000
REFUSALS = (-217, -213, -218, -227, -232, -244)


def interact(oa: Oa, person: OaPerson) -> None:
    """Something that opens the window of 48 hours; a read receipt does not."""
    closed = person.window(oa.clock.now()) != "free"
    person.related = True
    person.last_interaction = oa.clock.now()
    if closed:
        oa.tell_page(person)


def _put(
    oa: Oa,
    person: OaPerson,
    kind: str,
    *,
    text: str = "",
    content: dict[str, Any] | None = None,
    extra: dict[str, Any] | None = None,
) -> Done:
    """One message of the person; ``content`` is what the event carries beside the id."""
    if person.blocked:
        raise ControlError(409, "this person has blocked the OA", code="blocked")
    interact(oa, person)
    person.chatted = True
    message = Message(message_id=oa.next_message_id(), sender="person", date=oa.clock.second(), text=text, extra=extra)
    oa.put(person, message)
    carried = {**({"text": text} if text else {}), "msg_id": message.message_id, **(content or {})}
    return Done(message_ids=[message.message_id], events=[events.user_sends(oa, person, kind, carried)])


def say(oa: Oa, person: OaPerson, text: str, *, quote: str = "") -> Done:
    if not text.strip():
        raise ControlError(400, "the text is empty", code="text_empty")
    if quote and person.message(quote) is None:
        raise ControlError(404, f"there is no message {quote} in this chat", code="message_gone")
    done = Done()
    for at in range(0, len(text), LONGEST_TEXT):
        extra, content = ({"quote": quote}, {"quote_msg_id": quote}) if quote else (None, None)
        done.add(_put(oa, person, "text", text=text[at : at + LONGEST_TEXT], content=content, extra=extra))
    return done


def send_uploads(oa: Oa, person: OaPerson, uploads: Iterable[Upload], *, as_images: bool, text: str, base: str) -> Done:
    """One message per part. ``base`` is this server's address: Zalo's events name files by their whole URL."""
    uploads = list(uploads)
    if not 1 <= len(uploads) <= MOST_AT_ONCE:
        raise ControlError(400, f"send 1 to {MOST_AT_ONCE} parts named file", code="file_count")
    done = Done()
    for place, upload in enumerate(uploads):
        sort = upload.content_type or "application/octet-stream"
        name = upload.name or ("image.jpg" if as_images else "file")
        stored = oa.files.put(upload.content, kind="photo" if as_images else "document", name=name, content_type=sort)
        said = text if place == 0 else ""
        done.add((_image if as_images else _file)(oa, person, stored, text=said, base=base))
    return done


def _image(oa: Oa, person: OaPerson, stored: StoredFile, *, text: str, base: str) -> Done:
    url = file_url(stored)
    payload = {"thumbnail": f"{base}{url}", "url": f"{base}{url}"}
    content = {"attachments": [{"type": "image", "payload": payload}]}
    return _put(oa, person, "image", text=text, content=content, extra={"image_url": url})


def _file(oa: Oa, person: OaPerson, stored: StoredFile, *, text: str, base: str) -> Done:
    url = file_url(stored)
    payload = {
        "size": str(stored.size),
        "name": stored.name,
        "checksum": hashlib.md5(stored.read(), usedforsecurity=False).hexdigest(),
        "type": stored.name.rpartition(".")[2].lower(),
        "url": f"{base}{url}",
    }
    content = {"attachments": [{"type": "file", "payload": payload}]}
    extra = {"file": {"name": stored.name, "size": stored.size, "url": url}}
    return _put(oa, person, "file", text=text, content=content, extra=extra)


def send_ready_made(oa: Oa, person: OaPerson, kind: str, *, base: str) -> Done:
    """``kind`` is sticker, location or voice."""
    payload: dict[str, Any]
    if kind == "location":
        name, payload = kind, {"coordinates": {place: str(value) for place, value in TOWN.items()}}
    elif kind == "voice":
        stored = oa.files.put(SILENCE, kind="voice", name="voice.amr", content_type="audio/amr")
        name, payload = "audio", {"url": f"{base}{file_url(stored)}"}
    else:
        drawn = oa.files.find(sticker_media(oa.files)["sticker"]["file_id"])
        assert drawn is not None  # noqa: S101  it was put there a moment ago
        name, payload = kind, {"id": drawn.unique_id, "url": f"{base}{file_url(drawn)}"}
    content = {"attachments": [{"type": name, "payload": payload}]}
    return _put(oa, person, name, content=content, extra={"other": kind})


def _find_button(oa: Oa, person: OaPerson, *, title: str, payload: str, message_id: str) -> dict[str, Any] | None:
    """The newest such button, else such an item of the menu."""
    shown = [
        button
        for message in reversed(person.messages)
        if message.sender != "person" and message_id in {"", message.message_id}
        for button in message.buttons
    ]
    for button in [*shown, *([] if message_id else oa.settings.menu)]:
        if (title and button["title"] == title) or (payload and button.get("payload") == payload):
            return button
    return None


def press(oa: Oa, person: OaPerson, *, title: str, payload: str, message_id: str) -> Done:
    """A button of the kind oa.query posts its payload as the person's own text; there is no other event."""
    button = _find_button(oa, person, title=title, payload=payload, message_id=message_id)
    if button is None:
        raise ControlError(409, "there is no such button", code="button_gone")
    if button["type"] not in {"oa.query.show", "oa.query.hide"}:
        opened = {name: button[name] for name in ("url", "phone", "content") if name in button}
        return Done(extra={"open": opened})
    extra = {"hidden": True} if button["type"] == "oa.query.hide" else None
    return _put(oa, person, "text", text=button["payload"], extra=extra)


def follow(oa: Oa, person: OaPerson, *, follows: bool) -> Done:
    """Doing it again changes nothing; leaving ends the relation."""
    if person.follows == follows:
        return Done()
    person.follows = person.related = follows
    if follows:
        person.last_interaction = oa.clock.now()
    oa.tell_page(person)
    return Done(events=[events.followed(oa, person, follows=follows)])


def click_chatnow(oa: Oa, person: OaPerson) -> Done:
    """The message button on the OA's page; the event comes once, before the person has ever chatted."""
    interact(oa, person)
    if person.chatted:
        return Done()
    person.chatted = True
    return Done(events=[events.about_user(oa, person, "user_click_chatnow")])


def withdraw(oa: Oa, person: OaPerson) -> Done:
    return Done(events=[events.about_user(oa, person, "user_withdraw")])


def set_refusal(oa: Oa, person: OaPerson, code: int) -> Done:
    """From now on sends are refused with ``code``; 0 lets them through again. The OA is not told."""
    if code not in {0, *REFUSALS}:
        raise ControlError(400, f"code is one of {', '.join(map(str, REFUSALS))}")
    person.refusal, person.blocked = code, bool(code)
    oa.tell_page(person)
    return Done()


def see(oa: Oa, person: OaPerson) -> Done:
    return Done(events=look_at(oa, person, person.messages))


def open_article(oa: Oa, person: OaPerson, message_id: str) -> Done:
    message, made = person.message(message_id), oa.broadcasts.find(message_id)
    if message is None or made is None:
        raise ControlError(404, f"there is no article {message_id} in this chat", code="message_gone")
    made.opened.add(person.id)
    return Done(events=look_at(oa, person, [message]), extra={"article": made.article.content})


def answer_by_hand(oa: Oa, person: OaPerson, text: str, *, admin_id: str) -> Done:
    """A member of staff writes in the OA's web chat; the window does not bind a human."""
    if not text.strip():
        raise ControlError(400, "the text is empty", code="text_empty")
    message = Message(message_id=oa.next_message_id(), sender="staff", date=oa.clock.second(), text=text)
    content = {"text": text, "msg_id": message.message_id}
    names = [events.oa_sent(oa, person, "text", content, admin_id=admin_id or ADMIN_ID)]
    names += confirm(oa, person, message)
    oa.put(person, message)
    return Done(message_ids=[message.message_id], events=names)
