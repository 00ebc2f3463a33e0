"""Campaign messages on their short way: the body is made once for all who get the same words, and of the answer only the number is read.

PTB's `send_message` takes several times as long, most of it for objects that nobody looks at. Whatever is no plain text with
buttons goes the ordinary way, and an answer that is not the usual one is PTB's to judge, so that errors mean the same on both.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from telegram.error import TelegramError

from bot.channels.telegram.errors import calling
from bot.channels.telegram.keyboard import inline_keyboard
from bot.channels.telegram.straight import StraightPosts
from bot.channels.telegram.transport import answered
from outreach.messaging import Reply, Sent

_USUAL: Final = re.compile(rb'\s*\{\s*"ok"\s*:\s*true\s*,\s*"result"\s*:\s*\{\s*"message_id"\s*:\s*(\d+)\s*,')
_OK: Final = 200
_MOST_KEPT: Final = 256  # bodies


class QuickSends:
    """`longest` is of one message's text; `more` are parameters that every message has."""

    def __init__(self, posts: StraightPosts, *, longest: int, more: Mapping[str, str]) -> None:
        self._posts = posts
        self._more = more
        self._longest = longest
        # By identity: a campaign shows everybody the same reply. The reply is kept beside, so that its id stays its own.
        self._kept: dict[int, tuple[Reply, bytes]] = {}

    def takes(self, reply: Reply) -> bool:
        """Text and buttons that are one message, and nothing besides."""
        if id(reply) in self._kept:
            return True
        plain = reply == Reply(text=reply.text, buttons=reply.buttons, silent=reply.silent)
        return plain and len(reply.text) <= self._longest

    async def send(self, chat_id: int, reply: Reply) -> Sent:
        with calling():
            status, payload = await self._posts.post(b'{"chat_id": %d, %s' % (chat_id, self._body(reply)))
            found = _USUAL.match(payload) if status == _OK else None
            return Sent(refs=(found[1].decode() if found else await _judged(status, payload),))

    def _body(self, reply: Reply) -> bytes:
        """All of it but the chat, as JSON without its opening brace."""
        kept = self._kept.get(id(reply))
        if kept is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            kept = self._kept[id(reply)] = (reply, _encoded(reply, more=self._more))
        return kept[1]


def _encoded(reply: Reply, *, more: Mapping[str, str]) -> bytes:
    words: dict[str, Any] = {
        **more,
        "text": reply.text,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    if markup := inline_keyboard(reply.buttons):
        words["reply_markup"] = markup.to_dict()
    if reply.silent:
        words["disable_notification"] = True
    return json.dumps(words, ensure_ascii=False).encode()[1:]


async def _judged(status: int, payload: bytes) -> str:
    """The message's number, or PTB's error."""
    result = await answered(status, payload)
    try:
        return str(int(result["message_id"]))
    except (TypeError, KeyError, ValueError):
        raise TelegramError("an answer without a message") from None
