"""A turn's answer as its channel can show it. What only looks different there is left to the channel itself."""

from collections.abc import Callable
from dataclasses import replace

from markupsafe import escape

from handlers.buttons import payload
from handlers.conversation import NAME as CONVERSATION
from handlers.conversation import in_conversation
from handlers.shortcuts import NAME as SHORTCUT
from handlers.turn import Command, Turn
from outreach.messaging import Button, Replies, Reply


def fitted(turn: Turn, replies: Replies, *, find: Callable[[str], Command | None]) -> Replies:
    """`find` gives the command of a key's label."""
    replies = _spoken(turn, replies)
    return replies if turn.can.keyboard else _without_keyboard(turn, replies, find=find)


def _spoken(turn: Turn, replies: Replies) -> Replies:
    """Whoever types a button's words, or taps where no tap is answered, sees no toast: what it says comes as a message."""
    if not replies.toast or replies.messages or turn.incoming.callback_ref:
        return replies
    return replace(replies, messages=(Reply(text=str(escape(replies.toast))),))


def _without_keyboard(turn: Turn, replies: Replies, *, find: Callable[[str], Command | None]) -> Replies:
    """The keys as buttons of the last message, where none has any: in the middle of a conversation only the way on in it.

    Strangers are shown no lines, for their numbers always mean the list of pages.
    """
    keys = next((reply.keyboard for reply in reversed(replies.messages) if reply.keyboard), ())
    if not keys:
        return replies
    *before, last = (replace(reply, keyboard=()) for reply in replies.messages)
    offered = any(reply.buttons for reply in replies.messages)
    stand_in: tuple[tuple[Button, ...], ...]
    if in_conversation(turn):
        stand_in = ((turn.button("conversation.go_on", CONVERSATION, "go"),),)
    else:
        stand_in = tuple(tuple(_key(label, find=find) for label in row) for row in keys)
    may_choose = turn.contact_id is not None or turn.can.buttons or in_conversation(turn)
    if may_choose and not offered and not replies.forget:
        last = replace(last, buttons=stand_in)
    return replace(replies, messages=(*before, last))


def _key(label: str, *, find: Callable[[str], Command | None]) -> Button:
    command = find(label)
    assert command is not None  # noqa: S101  (a test holds every key of every role to a command)
    return Button(label=label, payload=payload(SHORTCUT, command.name))
