"""The people of one Zalo network, found by id and by activity."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from simulator.errors import ControlError
from simulator.zalo.messages import Message


@dataclass(slots=True, eq=False, kw_only=True)
class Person:
    """What both networks know of somebody; ``kind`` is the orderer's own word for a sort of people, ``active`` is the event number of the latest activity."""

    id: str
    name: str
    kind: str = ""
    blocked: bool = False
    active: int = 0
    messages: list[Message] = field(default_factory=list)

    def keep(self, message: Message, *, most: int) -> None:
        """Put a new message at the end; of a long chat only the newest ``most`` stay."""
        self.messages.append(message)
        if len(self.messages) > 2 * most:
            del self.messages[:-most]

    def message(self, message_id: str) -> Message | None:
        return next((message for message in reversed(self.messages) if message.message_id == message_id), None)

    def card(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "kind": self.kind, "blocked": self.blocked}


Somebody = TypeVar("Somebody", bound=Person)


class People(Generic[Somebody]):
    """``make_id`` gives the id of the n-th person."""

    def __init__(self, make_id: Callable[[int], str]) -> None:
        self._make_id = make_id
        self._by_id: dict[str, Somebody] = {}
        self._made = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Somebody]:
        return iter(self._by_id.values())

    def next_id(self) -> str:
        self._made += 1
        return self._make_id(self._made)

    def add(self, person: Somebody) -> Somebody:
        self._by_id[person.id] = person
        return person

    def forget(self) -> None:
        self._by_id.clear()
        self._made = 0

    def find(self, person_id: str) -> Somebody | None:
        return self._by_id.get(person_id)

    def get(self, person_id: str) -> Somebody:
        person = self._by_id.get(person_id)
        if person is None:
            raise ControlError(404, f"nobody has the id {person_id}", code="person_gone")
        return person

    def newest(self, *, limit: int, query: str = "", kind: str = "") -> list[Somebody]:
        """Those with the latest activity first; ``query`` is looked for in name and id."""
        wanted = query.casefold()
        found = (
            person
            for person in self._by_id.values()
            if (not kind or person.kind == kind)
            and (not wanted or wanted in person.name.casefold() or wanted == person.id)
        )
        return heapq.nlargest(limit, found, key=lambda person: (person.active, person.id))
