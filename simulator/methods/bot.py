"""What concerns the bot itself: who it is, its commands, its chats, the answers to taps."""

import re
from typing import Any

from simulator.errors import bad_request
from simulator.events import EVERYBODY
from simulator.methods.targets import find_chat
from simulator.params import Args, as_integer
from simulator.render import chat_json, user_json
from simulator.world import World

LONGEST_ANSWER = 200
MOST_COMMANDS = 100
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
LONGEST_DESCRIPTION = 256
GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
SCOPES = frozenset(
    {
        "default",
        "all_private_chats",
        "all_group_chats",
        "all_chat_administrators",
        "chat",
        "chat_administrators",
        "chat_member",
    }
)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


def get_me(world: World, args: Args) -> dict[str, Any]:  # noqa: ARG001  every method has this signature
    return {
        **world.bot,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def answer_callback_query(world: World, args: Args) -> bool:
    if len(args.text("text")) > LONGEST_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    tap = world.taps.get(args.text("callback_query_id"))
    if tap is None or tap.expires_at <= world.clock.now():
        raise bad_request(TOO_OLD)
    person = world.people.get(tap.person_id)
    toast = {
        "callback_query_id": args.text("callback_query_id"),
        "text": args.text("text"),
        "show_alert": args.flag("show_alert"),
        "url": args.text("url"),
    }
    person.toast = toast
    world.events.publish("toast", person_id=person.id, subject=toast)
    return True


def get_chat(world: World, args: Args) -> dict[str, Any]:
    return {
        **chat_json(find_chat(world, args)),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, False),
    }


def get_chat_member(world: World, args: Args) -> dict[str, Any]:
    person = find_chat(world, args)
    user_id = args.integer("user_id")
    if user_id == world.config.bot_id:
        status = "kicked" if person.blocked else "member"
        member = {"user": world.bot, "status": status}
        return {**member, "until_date": 0} if person.blocked else member
    if user_id != person.id:
        raise bad_request("PARTICIPANT_ID_INVALID" if world.people.find(user_id) else "user not found")
    return {"user": user_json(person), "status": "member"}


def _scope(args: Args) -> str:
    """The scope as a key: its type, with the chat (and user) it names."""
    found = args.parsed("scope", error="can't parse BotCommandScope JSON object") or {"type": "default"}
    if not isinstance(found, dict):
        raise bad_request("BotCommandScope must be an Object")
    kind = str(found.get("type", ""))
    if kind not in SCOPES:
        raise bad_request("unsupported type specified")
    return ":".join(str(part) for part in (kind, found.get("chat_id"), found.get("user_id")) if part is not None)


def set_my_commands(world: World, args: Args) -> bool:
    commands = args.parsed("commands", error="can't parse commands JSON object")
    if not isinstance(commands, list):
        raise bad_request('expected an Array of "BotCommand"')
    kept = []
    for command in commands:
        name = str(command.get("command", "")).lstrip("/") if isinstance(command, dict) else ""
        description = str(command.get("description", "")).strip() if isinstance(command, dict) else ""
        if not COMMAND.fullmatch(name):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(description) <= LONGEST_DESCRIPTION:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        kept.append({"command": name, "description": description})
    if len(kept) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    scope = _scope(args)
    if scope.startswith("chat:") and world.people.find(as_integer(scope.split(":")[1])) is None:
        raise bad_request("chat not found")
    world.commands[scope, args.text("language_code")] = kept
    _tell_the_page(world, scope)
    return True


def _tell_the_page(world: World, scope: str) -> None:
    """Menus are shown anew: that of the one chat the scope names, else all."""
    kind, _, chat = scope.partition(":")
    person_id = as_integer(chat) if kind == "chat" else EVERYBODY
    world.events.publish("commands", person_id=person_id, subject={})


def get_my_commands(world: World, args: Args) -> list[dict[str, str]]:
    return world.commands.get((_scope(args), args.text("language_code")), [])


def delete_my_commands(world: World, args: Args) -> bool:
    scope = _scope(args)
    if world.commands.pop((scope, args.text("language_code")), None) is not None:
        _tell_the_page(world, scope)
    return True


def commands_for(world: World, person_id: int | None) -> list[dict[str, str]]:
    """The menu this person sees: of the scopes that fit, the narrowest one; in Vietnamese where there is such a list."""
    scopes = ["all_private_chats", "default"]
    if person_id is not None:
        scopes.insert(0, f"chat:{person_id}")
    for scope in scopes:
        for language in ("vi", ""):
            if (scope, language) in world.commands:
                return world.commands[scope, language]
    return []
