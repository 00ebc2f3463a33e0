"""Broadcasts: one article to all followers, after a review."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulator.errors import ControlError
from simulator.zalo.oa.articles import Article


class Review(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    REJECTED = "rejected"


@dataclass(slots=True, eq=False, kw_only=True)
class Broadcast:
    """``left_out`` are followers whose share of the month or the day was used up; ``opened`` holds who has read it."""

    message_id: str
    article: Article
    state: Review = Review.PENDING
    followers: int = 0
    left_out: int = 0
    opened: set[str] = field(default_factory=set)
    review: asyncio.Task[None] | None = None

    def card(self) -> dict[str, Any]:
        return {
            "message_id": self.message_id,
            "state": self.state,
            "title": self.article.content["title"],
            "followers": self.followers,
            "left_out": self.left_out,
            "opened": len(self.opened),
        }


class Broadcasts:
    def __init__(self) -> None:
        self._by_id: dict[str, Broadcast] = {}

    def add(self, broadcast: Broadcast) -> None:
        self._by_id[broadcast.message_id] = broadcast

    def find(self, message_id: str) -> Broadcast | None:
        return self._by_id.get(message_id)

    def pending(self, message_id: str) -> Broadcast:
        found = self._by_id.get(message_id)
        if found is None or found.state is not Review.PENDING:
            raise ControlError(404, f"no broadcast {message_id} waits for its review")
        return found

    def cards(self) -> list[dict[str, Any]]:
        return [broadcast.card() for broadcast in self._by_id.values()]

    def forget(self) -> None:
        for broadcast in self._by_id.values():
            if broadcast.review is not None:
                broadcast.review.cancel()
        self._by_id.clear()
