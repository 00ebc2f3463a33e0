"""The people who live in the simulator: one record each, small enough for 300,000 of them."""

import heapq
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from simulator.chats import Message
from simulator.errors import ControlError

FIRST_ID = 100_000_001


@dataclass(slots=True, eq=False)
class Person:
    """One person (or one group a test has injected), with the chat he or she has with the bot.

    ``started`` is false for somebody who never wrote to the bot: it may not write first.
    ``active`` is the event number of the latest activity; ``wrote_at`` the clock's second of the latest own message.
    """

    id: int
    name: str
    username: str | None = None
    kind: str = ""
    type: str = "private"
    blocked: bool = False
    deactivated: bool = False
    started: bool = True
    active: int = 0
    wrote_at: float = 0.0
    messages: list[Message] = field(default_factory=list)
    reply_keyboard: dict[str, Any] | None = None
    typing_until: float = 0.0
    toast: dict[str, Any] | None = None

    def keep(self, message: Message, *, most: int) -> None:
        """Put a new message at the end of the transcript; of a long one only the newest ``most`` stay."""
        self.messages.append(message)
        if len(self.messages) > 2 * most:
            del self.messages[:-most]

    def message(self, message_id: int) -> Message | None:
        """The message with this id, unless it was deleted or is too old to be remembered."""
        place = bisect_left(self.messages, message_id, key=attrgetter("message_id"))
        if place == len(self.messages):
            return None
        found = self.messages[place]
        return found if found.message_id == message_id and not found.deleted else None

    def card(self) -> dict[str, Any]:
        """What the control API tells about a person."""
        return {
            "id": self.id,
            "name": self.name,
            "username": self.username,
            "kind": self.kind,
            "blocked": self.blocked,
            "deactivated": self.deactivated,
        }


class People:
    def __init__(self) -> None:
        self._by_id: dict[int, Person] = {}
        self._next_id = FIRST_ID

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._by_id.values())

    def find(self, person_id: int) -> Person | None:
        return self._by_id.get(person_id)

    def get(self, person_id: int) -> Person:
        person = self._by_id.get(person_id)
        if person is None:
            raise ControlError(404, f"nobody has the id {person_id}", code="person_gone")
        return person

    def add(self, person: Person) -> Person:
        if person.id in self._by_id:
            raise ControlError(409, f"the id {person.id} is taken")
        self._by_id[person.id] = person
        self._next_id = max(self._next_id, person.id + 1)
        return person

    def create(
        self,
        name: str,
        *,
        username: str | None = None,
        person_id: int | None = None,
        kind: str = "",
        started: bool = True,
    ) -> Person:
        new_id = self._next_id if person_id is None else person_id
        return self.add(Person(new_id, name, username, kind, started=started))

    def create_many(self, count: int, *, prefix: str, kind: str = "", started: bool = True) -> list[int]:
        first = self._next_id
        for number in range(1, count + 1):
            self.create(f"{prefix} {number}", kind=kind, started=started)
        return list(range(first, first + count))

    def newest(self, *, limit: int, query: str = "", kind: str = "") -> list[Person]:
        """Those with the latest activity first; ``query`` is looked for in name, username and id."""
        wanted = query.casefold()
        found = (
            person
            for person in self._by_id.values()
            if (not kind or person.kind == kind)
            and (
                not wanted
                or wanted in person.name.casefold()
                or wanted in (person.username or "").casefold()
                or wanted == str(person.id)
            )
        )
        return heapq.nlargest(limit, found, key=lambda person: (person.active, person.id))
