"""The Bot API's objects, built from the simulator's records."""

from typing import Any

from simulator.chats import Message
from simulator.people import Person
from simulator.world import World


def user_json(person: Person) -> dict[str, Any]:
    user: dict[str, Any] = {"id": person.id, "is_bot": False, "first_name": person.name, "language_code": "vi"}
    if person.username:
        user["username"] = person.username
    return user


def chat_json(person: Person) -> dict[str, Any]:
    name = "first_name" if person.type == "private" else "title"
    chat: dict[str, Any] = {"id": person.id, name: person.name, "type": person.type}
    if person.username:
        chat["username"] = person.username
    return chat


def message_json(world: World, person: Person, message: Message) -> dict[str, Any]:
    """A Message object. What a reply answers is included once, without its own reply."""
    content: dict[str, Any] = {
        "message_id": message.message_id,
        "from": world.bot if message.from_bot else user_json(person),
        "chat": chat_json(person),
        "date": message.date,
    }
    if message.edited_at:
        content["edit_date"] = message.edited_at
    if message.media is not None:
        content.update(message.media)
        if message.text:
            content["caption"] = message.text
            if message.entities:
                content["caption_entities"] = list(message.entities)
    else:
        content["text"] = message.text
        if message.entities:
            content["entities"] = list(message.entities)
    if message.inline:
        content["reply_markup"] = {"inline_keyboard": message.inline}
    if message.extra:
        content.update(message.extra)
        content.pop("silent", None)  # Telegram tells the phone, and not the bot
        replied_id = content.pop("reply_to", None)
        replied = person.message(replied_id) if replied_id else None
        if replied is not None:
            original = message_json(world, person, replied)
            original.pop("reply_to_message", None)
            content["reply_to_message"] = original
    return content
