"""What a person does in a chat with a Zalo bot; each becomes an update."""

from collections.abc import Iterable
from typing import Any

from simulator.errors import ControlError
from simulator.params import Upload
from simulator.sendables import MOST_AT_ONCE, SILENCE, sticker_media
from simulator.zalo.bot.people import BotPerson
from simulator.zalo.bot.state import ZaloBot
from simulator.zalo.done import Done
from simulator.zalo.files import file_url
from simulator.zalo.messages import Message

LONGEST_TEXT = 2_000
UNSUPPORTED = "unsupported"
KINDS = {"image": "CHAT_PHOTO", "voice": "CHAT_VOICE", "sticker": "CHAT_STICKER", "text": "TEXT"}


def _put(
    bot: ZaloBot,
    person: BotPerson,
    kind: str,
    *,
    text: str = "",
    content: dict[str, Any] | None = None,
    extra: dict[str, Any] | None = None,
) -> Done:
    """One message of the person. Of somebody protected the bot learns only that there was one."""
    if person.blocked:
        raise ControlError(409, "this person has blocked the bot", code="blocked")
    person.started = True
    message = Message(
        message_id=bot.next_message_id(), sender="person", date=bot.clock.second(), text=text, extra=extra
    )
    bot.put(person, message)
    if person.protected:
        kind, content = UNSUPPORTED, None
    sender = {"id": person.id, "display_name": person.name, "is_bot": False}
    if person.group:
        sender["id"] = f"{person.id[:-4]}0002"
    told: dict[str, Any] = {
        "from": sender,
        "chat": {"id": person.id, "chat_type": "GROUP" if person.group else "PRIVATE"},
        "message_id": message.message_id,
        "date": bot.now_ms(),
        **(content or {}),
    }
    if kind in KINDS and not bot.settings.wrapped:
        told["message_type"] = KINDS[kind]  # the live bodies have it, the documented ones do not
    update = {"event_name": f"message.{kind}.received", "message": told}
    return Done(message_ids=[message.message_id], events=[bot.push(update, lane=person.id)])


def say(bot: ZaloBot, person: BotPerson, text: str) -> Done:
    if not text.strip():
        raise ControlError(400, "the text is empty", code="text_empty")
    done = Done()
    for at in range(0, len(text), LONGEST_TEXT):
        piece = text[at : at + LONGEST_TEXT]
        done.add(_put(bot, person, "text", text=piece, content={"text": piece}))
    return done


def send_uploads(
    bot: ZaloBot, person: BotPerson, uploads: Iterable[Upload], *, as_images: bool, text: str, base: str
) -> Done:
    """Pictures reach the bot as URLs; of a file it learns nothing."""
    uploads = list(uploads)
    if not 1 <= len(uploads) <= MOST_AT_ONCE:
        raise ControlError(400, f"send 1 to {MOST_AT_ONCE} parts named file", code="file_count")
    done = Done()
    for place, upload in enumerate(uploads):
        sort = upload.content_type or "application/octet-stream"
        name = upload.name or ("image.jpg" if as_images else "file")
        stored = bot.files.put(upload.content, kind="photo" if as_images else "document", name=name, content_type=sort)
        said, url = text if place == 0 else "", file_url(stored)
        if as_images:
            content = {bot.settings.photo_field: f"{base}{url}", **({"caption": said} if said else {})}
            done.add(_put(bot, person, "image", text=said, content=content, extra={"image_url": url}))
        else:
            extra = {"file": {"name": stored.name, "size": stored.size, "url": url}}
            done.add(_put(bot, person, UNSUPPORTED, text=said, extra=extra))
    return done


def send_ready_made(bot: ZaloBot, person: BotPerson, kind: str, *, base: str) -> Done:
    """``kind`` is sticker, voice, location or unsupported."""
    content: dict[str, Any] = {}
    if kind == "voice":
        stored = bot.files.put(SILENCE, kind="voice", name="voice.aac", content_type="audio/aac")
        content = {"voice_url": f"{base}{file_url(stored)}"}
    elif kind == "sticker":
        drawn = bot.files.find(sticker_media(bot.files)["sticker"]["file_id"])
        assert drawn is not None  # noqa: S101  it was put there a moment ago
        content = {"sticker": drawn.unique_id, "url": f"{base}{file_url(drawn)}"}
    sort = kind if content else UNSUPPORTED
    return _put(bot, person, sort, content=content, extra={"other": kind})


def set_blocked(bot: ZaloBot, person: BotPerson, *, blocked: bool) -> Done:
    """The bot is not told: there are no such events."""
    person.blocked = blocked
    bot.events.publish("person", person_id=person.id, subject=person)
    return Done()
