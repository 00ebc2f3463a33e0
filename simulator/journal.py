"""The record of every request and of every message accepted for a person, in order and bounded in memory."""

from array import array
from collections import Counter, deque
from itertools import islice
from typing import Any, NamedTuple

from simulator.ids import ChatId, Network, as_number, chat_id_of, message_id_of


class Request(NamedTuple):
    seq: int
    at: float
    network: str
    method: str
    chat_id: ChatId | None
    outcome: str
    error: str | None


class Journal:
    """Accepted messages stand in arrays (under 40 bytes each) beside a table of the distinct texts, so that a campaign to 300,000 people fits."""

    def __init__(self, *, requests: int, parameters: int, messages: int) -> None:
        self._most_messages = messages
        self._requests: deque[Request] = deque(maxlen=requests)
        self._parameters: deque[dict[str, Any]] = deque(maxlen=parameters)
        self._request_seq = 0
        self.forget()

    def forget(self) -> None:
        self._requests.clear()
        self._parameters.clear()
        self._dropped = 0
        self._at = array("d")
        self._chat_ids = array("q")
        self._message_ids = array("q")
        self._text_places = array("I")
        self._method_places = array("B")
        self._texts: list[str] = []
        self._text_place: dict[str, int] = {}
        self._methods: list[tuple[str, str]] = []  # with their network

    def request(
        self,
        method: str,
        *,
        at: float,
        chat_id: ChatId | None,
        outcome: str,
        error: str | None,
        parameters: dict[str, Any],
        network: str = Network.TELEGRAM,
    ) -> None:
        self._request_seq += 1
        self._requests.append(Request(self._request_seq, at, network, method, chat_id, outcome, error))
        self._parameters.append(parameters)

    def message(
        self,
        text: str,
        *,
        at: float,
        chat_id: ChatId,
        message_id: ChatId,
        method: str,
        network: str = Network.TELEGRAM,
    ) -> None:
        place = self._text_place.get(text)
        if place is None:
            place = self._text_place[text] = len(self._texts)
            self._texts.append(text)
        sort = (network, method)
        if sort not in self._methods:
            self._methods.append(sort)
        self._at.append(at)
        self._chat_ids.append(as_number(chat_id))
        self._message_ids.append(as_number(message_id))
        self._text_places.append(place)
        self._method_places.append(self._methods.index(sort))
        if len(self._at) > self._most_messages:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        gone = len(self._at) // 4
        self._dropped += gone
        for column in (self._at, self._chat_ids, self._message_ids, self._text_places, self._method_places):
            del column[:gone]
        old = self._texts
        self._texts, self._text_place = [], {}
        for row, place in enumerate(self._text_places):
            text = old[place]
            if text not in self._text_place:
                self._text_place[text] = len(self._texts)
                self._texts.append(text)
            self._text_places[row] = self._text_place[text]

    def requests_after(self, after: int, *, limit: int, network: str = "") -> tuple[list[dict[str, Any]], int]:
        """Rows with a number above ``after``, oldest first, and the number of the newest row of all."""
        first = self._request_seq - len(self._requests)
        rows: list[dict[str, Any]] = []
        for request in islice(self._requests, max(0, after - first), None):
            if len(rows) == limit:
                break
            if network not in {"", request.network}:
                continue
            row = request._asdict()
            back = self._request_seq - request.seq
            if back < len(self._parameters):
                row["parameters"] = self._parameters[-1 - back]
            rows.append(row)
        return rows, self._request_seq

    def messages_after(self, after: int, *, limit: int, network: str = "") -> tuple[list[dict[str, Any]], int]:
        wanted = self._places_of(network)
        places = range(max(0, after - self._dropped), len(self._at))
        found = (row for row in places if self._method_places[row] in wanted)
        return [self._row(row) for row in islice(found, max(0, limit))], self._dropped + len(self._at)

    def _places_of(self, network: str) -> set[int]:
        return {place for place, (its, _) in enumerate(self._methods) if network in {"", its}}

    def _row(self, row: int) -> dict[str, Any]:
        network, method = self._methods[self._method_places[row]]
        return {
            "seq": self._dropped + row + 1,
            "at": self._at[row],
            "network": network,
            "chat_id": chat_id_of(network, self._chat_ids[row]),
            "message_id": message_id_of(network, self._message_ids[row]),
            "text": self._texts[self._text_places[row]],
            "method": method,
        }

    def counts(self, contains: str, *, network: str = "") -> dict[str, Any]:
        """How often a text that contains ``contains`` was accepted, for how many people, and for whom more than once."""
        places = {place for place, text in enumerate(self._texts) if contains in text}
        wanted = self._places_of(network)
        times = Counter(
            (self._methods[sort][0], chat_id)
            for chat_id, place, sort in zip(self._chat_ids, self._text_places, self._method_places, strict=True)
            if place in places and sort in wanted
        )
        return {
            "delivered": times.total(),
            "people": len(times),
            "repeated": {chat_id_of(*whose): count for whose, count in times.items() if count > 1},
        }
