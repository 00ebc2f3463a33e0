"""sendMessage, sendPhoto, sendSticker, sendVoice, sendChatAction."""

from typing import Any

from simulator.params import Args
from simulator.zalo.bot.errors import BotError, bad_request
from simulator.zalo.bot.people import BotPerson
from simulator.zalo.bot.state import ZaloBot
from simulator.zalo.messages import Message

LONGEST_TEXT = 2_000
TYPING_SECONDS = 5.0


def _chat(bot: ZaloBot, args: Args) -> BotPerson:
    """Only chats that a first message made known; what is answered for a chat nobody knows is documented nowhere."""
    person = bot.people.find(args.text("chat_id"))
    if person is None or not person.started:
        raise bad_request("chat not found")
    if person.blocked:
        raise BotError(403, "Forbidden: bot was blocked by the user")
    return person


def _text(args: Args, name: str, *, least: int) -> str:
    value = args.values.get(name, "")
    if not isinstance(value, str) or not least <= len(value) <= LONGEST_TEXT or (least and not value.strip()):
        raise bad_request(f"{name} must be {least} to {LONGEST_TEXT} characters")
    return value


def _url(args: Args, name: str) -> str:
    value = args.values.get(name)
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        raise bad_request(f"{name} must be a public URL")
    return value


def _send(
    bot: ZaloBot, person: BotPerson, *, method: str, text: str = "", extra: dict[str, Any] | None = None
) -> dict[str, Any]:
    bot.spend(person)
    message = Message(message_id=bot.next_message_id(), sender="bot", date=bot.clock.second(), text=text, extra=extra)
    bot.note_sent(person, message, method=method)
    person.typing_until = 0.0
    bot.put(person, message)
    return {"message_id": message.message_id, "date": bot.now_ms()}


def send_message(bot: ZaloBot, args: Args) -> dict[str, Any]:
    text = _text(args, "text", least=1)
    if args.text("parse_mode") not in {"", "markdown", "html"}:
        raise bad_request("parse_mode must be markdown or html")
    return _send(bot, _chat(bot, args), method="sendMessage", text=text)


def send_photo(bot: ZaloBot, args: Args) -> dict[str, Any]:
    url, caption = _url(args, "photo"), _text(args, "caption", least=0)
    return _send(bot, _chat(bot, args), method="sendPhoto", text=caption, extra={"image_url": url})


def send_sticker(bot: ZaloBot, args: Args) -> dict[str, Any]:
    _text(args, "sticker", least=1)
    return _send(bot, _chat(bot, args), method="sendSticker", extra={"other": "sticker"})


def send_voice(bot: ZaloBot, args: Args) -> dict[str, Any]:
    """A group's id is answered with success, and nothing arrives."""
    if not _url(args, "voice_url").partition("?")[0].endswith(".aac"):
        raise bad_request("voice_url must end with .aac")
    person = _chat(bot, args)
    if person.group:
        return {"message_id": bot.next_message_id(), "date": bot.now_ms()}
    return _send(bot, person, method="sendVoice", extra={"other": "voice"})


def send_chat_action(bot: ZaloBot, args: Args) -> None:
    if args.values.get("action") != "typing":
        raise bad_request("action must be typing")
    person = _chat(bot, args)
    person.typing_until = bot.clock.now() + TYPING_SECONDS
    bot.events.publish("typing", person_id=person.id, subject={"typing": True})
