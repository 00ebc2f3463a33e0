"""What has just happened, numbered, for the chat page: a short memory and the listeners."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from simulator.ids import ChatId

REMEMBERED = 2_000
BACKLOG = 1_000
EVERYBODY = 0


class Event(NamedTuple):
    """``kind`` is message, edit, delete, typing, toast, person or commands; ``subject`` is rendered only when somebody listens.

    ``person_id`` is EVERYBODY for what concerns every chat.
    """

    seq: int
    kind: str
    person_id: ChatId
    subject: Any


@dataclass(eq=False, slots=True)
class Listener:
    people: frozenset[ChatId]
    queue: asyncio.Queue[Event | None] = field(default_factory=lambda: asyncio.Queue(BACKLOG))
    lost: bool = False

    def wants(self, person_id: ChatId) -> bool:
        return not self.people or person_id in self.people or person_id == EVERYBODY

    def offer(self, event: Event | None) -> None:
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.lost = True


class Events:
    """Every change gets the next number; a listener that cannot keep up is let go and comes back by itself."""

    def __init__(self) -> None:
        self.last = 0
        self._recent: deque[Event] = deque(maxlen=REMEMBERED)
        self._listeners: set[Listener] = set()
        self._closed = False

    def publish(self, kind: str, *, person_id: ChatId, subject: Any) -> int:
        self.last += 1
        event = Event(self.last, kind, person_id, subject)
        self._recent.append(event)
        for listener in self._listeners:
            if listener.wants(person_id):
                listener.offer(event)
        return self.last

    def close(self) -> None:
        self._closed = True
        for listener in self._listeners:
            listener.lost = True
            if listener.queue.empty():
                listener.offer(None)

    def forget(self) -> None:
        self._recent.clear()

    async def listen(self, *, people: frozenset[ChatId], after: int | None, beat: float) -> AsyncIterator[Event | None]:
        """Yield events about these people (about all, where none is named) as they come, first those after number ``after`` that are still remembered, and None every ``beat`` seconds of quiet."""
        listener = Listener(people)
        if after is not None:
            for past in self._recent:
                if past.seq > after and listener.wants(past.person_id):
                    listener.offer(past)
        self._listeners.add(listener)
        try:
            while not (self._closed or (listener.lost and listener.queue.empty())):
                try:
                    async with asyncio.timeout(beat):
                        event = await listener.queue.get()
                except TimeoutError:
                    yield None
                    continue
                if event is not None:
                    yield event
        finally:
            self._listeners.discard(listener)
