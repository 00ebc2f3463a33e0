"""Trouble on order: which call fails, and how."""

import math
import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulator.errors import ControlError
from simulator.ids import ChatId, Network, is_zalo_id

LEFT_ALONE = frozenset({"getupdates", "v4/oa/access_token", "v4/oa/permission"})


class FaultKind(StrEnum):
    TOO_MANY = "429"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    SLOW = "slow"
    LOST_REPLY = "lost_reply"
    RESET = "reset"
    GARBAGE = "garbage"
    ERROR = "error"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One order. Without ``method`` it concerns every method of its network but getUpdates and the OA's OAuth, without ``chats`` every chat.

    ``rate`` is the share of matching calls that are hit, ``nth`` the first matching call that is hit (counted from the order),
    ``times`` how many calls are hit in all (with ``nth`` one, else without end). ``seconds`` belongs to ``slow``, ``retry_after`` to ``429``, ``code`` and
    ``message`` to ``error``.
    """

    id: int
    kind: FaultKind
    network: str = Network.TELEGRAM
    method: str = ""
    rate: float = 1.0
    chats: frozenset[ChatId] = frozenset()
    nth: int = 1
    times: int | None = None
    seconds: float = 2.0
    retry_after: int = 3
    code: int = 400
    message: str = "on order"
    seen: int = 0
    hits: int = 0

    def concerns(self, method: str, *, network: str, chat_id: ChatId | None) -> bool:
        if self.network != network:
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        if self.method != method and (self.method or method in LEFT_ALONE):
            return False
        return not self.chats or chat_id in self.chats

    def card(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "network": self.network,
            "method": self.method,
            "rate": self.rate,
            "chats": sorted(self.chats, key=str),
            "nth": self.nth,
            "times": self.times,
            "seconds": self.seconds,
            "retry_after": self.retry_after,
            "code": self.code,
            "message": self.message,
            "seen": self.seen,
            "hits": self.hits,
        }


NUMBERS: dict[str, type[int] | type[float]] = {
    "rate": float,
    "nth": int,
    "times": int,
    "seconds": float,
    "retry_after": int,
    "code": int,
}


def _number(value: Any, name: str, kind: type[int] | type[float]) -> int | float:
    try:
        number = kind(value)
    except (TypeError, ValueError, OverflowError) as problem:
        raise ControlError(400, f"{name} is not a number") from problem
    if not math.isfinite(number):
        raise ControlError(400, f"{name} is not a number")
    return number


def _chat(value: Any) -> ChatId:
    return value if isinstance(value, str) and is_zalo_id(value) else int(_number(value, "chats", int))


class Faults:
    def __init__(self, *, rng: random.Random) -> None:
        self._rng = rng
        self._orders: dict[int, Fault] = {}
        self._last_id = 0

    def order(self, wanted: dict[str, Any]) -> Fault:
        known = set(Fault.__dataclass_fields__) - {"id", "seen", "hits"}
        if unknown := sorted(set(wanted) - known):
            raise ControlError(400, f"a fault has no {', '.join(unknown)}")
        try:
            kind = FaultKind(str(wanted.get("kind", "")))
        except ValueError as error:
            raise ControlError(400, f"a fault is one of {', '.join(FaultKind)}") from error
        given = {name: value for name, value in wanted.items() if value is not None and name != "kind"}
        if "nth" in given:
            given.setdefault("times", 1)
        for name, kind_of_number in NUMBERS.items():
            if name in given:
                given[name] = _number(given[name], name, kind_of_number)
        chats = given.get("chats", [])
        if not isinstance(chats, list):
            raise ControlError(400, "chats is not a list of ids")
        given["chats"] = frozenset(_chat(chat) for chat in chats)
        if given.setdefault("network", Network.TELEGRAM) not in list(Network):
            raise ControlError(400, f"network is one of {', '.join(Network)}")
        given["message"] = str(given.get("message", "on order"))
        given["method"] = str(given.get("method", "")).lower()
        self._last_id += 1
        fault = Fault(id=self._last_id, kind=kind, **given)
        self._orders[fault.id] = fault
        return fault

    def cancel(self, fault_id: int | None = None) -> None:
        """Take back one order, or all of them."""
        if fault_id is None:
            self._orders.clear()
        elif self._orders.pop(fault_id, None) is None:
            raise ControlError(404, f"there is no fault {fault_id}")

    def cards(self) -> list[dict[str, Any]]:
        return [fault.card() for fault in self._orders.values()]

    def draw(self, method: str, *, network: str, chat_id: ChatId | None) -> Fault | None:
        """The fault that hits this call, if any; the first order that hits wins, every concerned order counts the call."""
        hit = None
        for fault in self._orders.values():
            if not fault.concerns(method, network=network, chat_id=chat_id):
                continue
            fault.seen += 1
            if hit is None and fault.seen >= fault.nth and (fault.rate >= 1.0 or self._rng.random() < fault.rate):
                fault.hits += 1
                hit = fault
        return hit
