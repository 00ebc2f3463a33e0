"""Phones in the simulator: a person taps and types there, and reads what comes back."""

import asyncio
import re
import time
from dataclasses import dataclass, field

from bot.demo.stage import Simulator
from outreach.text import fold

_PATIENCE = 15.0  # seconds for an answer
_QUIET = 0.15  # no further message for so long: the answer is complete
_TOAST_ALONE = 1.0  # seconds after which no message is expected beside it
_LOOK_EVERY = 0.05
_NUMBERED = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)

Message = dict[str, object]


class NoAnswerError(Exception):
    """The bot stayed silent, or showed no such button: the play has failed."""


@dataclass(kw_only=True)
class Phone:
    """One person on Telegram. Every action waits for the answer and returns the bot's new messages as the simulator shows them."""

    simulator: Simulator
    person_id: int | str
    name: str
    taps: int = 0
    typed: int = 0
    characters_read: int = 0
    seen: int = 0
    quiet: float = _QUIET
    toast: str = ""
    messages: list[Message] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Where the simulator takes orders for this person."""
        return f"people/{self.person_id}"

    async def opens(self, payload: str = "") -> list[Message]:
        self.taps += 1
        return await self._do("start", {"payload": payload} if payload else {})

    async def says(self, text: str) -> list[Message]:
        self.typed += 1
        return await self._do("text", {"text": text})

    async def presses_key(self, label: str) -> list[Message]:
        """A key of the keyboard that stays: a tap to the person, a text to the bot."""
        self.taps += 1
        return await self._do("text", {"text": label})

    async def taps_on(self, label: str) -> list[Message]:
        """The newest inline button whose label begins with these words."""
        self.taps += 1
        message_id, data = self._button(label)
        return await self._do("tap", {"message_id": message_id, "data": data}, toast_is_enough=True)

    async def photographs(self, name: str, content: bytes) -> list[Message]:
        self.taps += 1
        await self.simulator.give(f"{self.path}/photo", name, content)
        return await self._answer()

    async def blocks(self) -> None:
        await self.simulator.order(f"{self.path}/block")

    def _button(self, label: str) -> tuple[object, str]:
        """The newest button with just these words, else the newest that begins with them."""
        wanted = fold(label)
        found = [
            (fold(button["text"]), message["message_id"], button["data"])
            for message in reversed(self.messages)
            for row in _rows(message)
            for button in row
            if button.get("data")
        ]
        exact = (hit for hit in found if hit[0] == wanted)
        begun = (hit for hit in found if hit[0].startswith(wanted))
        hit = next(exact, None) or next(begun, None)
        if hit is None:
            last = str(self.messages[-1].get("text"))[:80] if self.messages else ""
            raise NoAnswerError(f"{self.name}: no button {label!r} under {last!r}")
        return hit[1], hit[2]

    async def _do(self, action: str, body: dict[str, object], *, toast_is_enough: bool = False) -> list[Message]:
        await self.look()
        await self.simulator.order(f"{self.path}/{action}", body)
        return await self._answer(toast_is_enough=toast_is_enough)

    async def look(self) -> list[Message]:
        """The bot's messages that came or changed since the last look."""
        chat = await self.simulator.read(f"{self.path}/chat", after=self.seen)
        found = chat["messages"]
        assert isinstance(found, list)  # noqa: S101  (the simulator's contract)
        toast = chat.get("toast")
        self.toast = str(toast.get("text") or "") if isinstance(toast, dict) else str(toast or "")
        fresh = [message for message in found if message["from"] in {"bot", "oa"}]
        for message in found:
            self.seen = max(self.seen, message["seq"])
        for message in fresh:
            self.messages = [old for old in self.messages if old["message_id"] != message["message_id"]]
            self.messages.append(message)
            self.characters_read += len(str(message.get("text") or message.get("caption") or ""))
        return fresh

    async def _answer(self, *, toast_is_enough: bool = False) -> list[Message]:
        """Wait for an answer to begin, then until nothing more comes. Some taps are answered by the words that float over the chat."""
        answer: list[Message] = []
        began = last = time.monotonic()
        while True:
            fresh = await self.look()
            answer += fresh
            now = time.monotonic()
            if fresh:
                last = now
            if answer and now - last >= self.quiet:
                return answer
            if not answer and toast_is_enough and self.toast and now - began >= _TOAST_ALONE:
                return [{"text": self.toast}]
            if not answer and now - began >= _PATIENCE:
                raise NoAnswerError(f"{self.name}: no answer in {_PATIENCE:.0f} s")
            await asyncio.sleep(_LOOK_EVERY)

    async def waits_for(self, words: str, *, seconds: float) -> Message:
        """Until a message holds these words, perhaps by being edited."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            await self.look()
            for message in self.messages:
                if words in str(message.get("text") or ""):
                    return message
            await asyncio.sleep(_LOOK_EVERY * 4)
        raise NoAnswerError(f"{self.name}: {words!r} did not come in {seconds:.0f} s")


@dataclass(kw_only=True)
class ZaloPhone(Phone):
    """One person who writes to the Official Account: follows it, presses the buttons under a message, types the rest."""

    @property
    def path(self) -> str:
        return f"zalo/oa/people/{self.person_id}"

    async def opens(self, payload: str = "") -> list[Message]:
        """Follows the account; no link can carry a word into the chat, so `payload` is typed."""
        self.taps += 1
        answer = await self._do("follow", {})
        return [*answer, *(await self.says(payload))] if payload else answer

    async def taps_on(self, label: str) -> list[Message]:
        """The newest button of these words; where there are too many for buttons, its number is typed."""
        wanted = fold(label)
        for message in reversed(self.messages):
            for button in _buttons(message):
                if fold(button["title"]).startswith(wanted):
                    self.taps += 1
                    return await self._do("press", {"title": button["title"], "message_id": message["message_id"]})
            for number, words in _NUMBERED.findall(str(message.get("text") or "")):
                if fold(words).startswith(wanted):
                    return await self.says(number)
        raise NoAnswerError(f"{self.name}: no button {label!r}")

    async def presses_key(self, label: str) -> list[Message]:
        return await self.says(label)


def _buttons(message: Message) -> list[dict[str, str]]:
    buttons = message.get("buttons") or []
    assert isinstance(buttons, list)  # noqa: S101  (the simulator's contract)
    return buttons


def _rows(message: Message) -> list[list[dict[str, str]]]:
    rows = message.get("inline") or []
    assert isinstance(rows, list)  # noqa: S101  (the simulator's contract)
    return rows
