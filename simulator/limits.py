"""Telegram's speed limits: about 30 messages a second over all chats, one a second in one chat with bursts."""

import math

from simulator.errors import too_many_requests

CHAT_BURST = 20
CHAT_INTERVAL = 1.0
PAID_RATE = 1_000.0
REPLY_GRACE = 10.0
PENALTY = 3.0
PENALTY_STEP = 0.05
PENALTY_MOST = 30.0
MANY_CHATS = 20_000


class Limits:
    """Decides which send is too fast. Times are the simulator's clock in seconds.

    Answering somebody who wrote a moment ago is not held to the overall rate (it is about unprompted messages);
    calls made during a penalty lengthen it, as they do on the real server.
    """

    def __init__(self) -> None:
        self._overall = 0.0
        self._paid = 0.0
        self._penalty_until = 0.0
        self._chats: dict[int, float] = {}

    def forget(self) -> None:
        self.__init__()  # type: ignore[misc]  # the same empty state as at the start

    def check(self, chat_id: int, *, now: float, rate: float, wrote_at: float, paid: bool = False) -> None:
        """Count one message to ``chat_id`` or raise the 429 that Telegram would answer."""
        self._check_chat(chat_id, now=now)
        if now - wrote_at > REPLY_GRACE:
            if paid:
                self._check_paid(now=now)
            else:
                self._check_overall(now=now, rate=rate)
        self._count_chat(chat_id, now=now)

    def _check_chat(self, chat_id: int, *, now: float) -> None:
        ahead = self._chats.get(chat_id, now) - now
        if ahead > (CHAT_BURST - 1) * CHAT_INTERVAL:
            raise too_many_requests(math.ceil(ahead - (CHAT_BURST - 1) * CHAT_INTERVAL))

    def _count_chat(self, chat_id: int, *, now: float) -> None:
        self._chats[chat_id] = max(self._chats.get(chat_id, now), now) + CHAT_INTERVAL
        if len(self._chats) > MANY_CHATS:
            self._chats = {chat: until for chat, until in self._chats.items() if until > now}

    def _check_overall(self, *, now: float, rate: float) -> None:
        if now < self._penalty_until:
            self._penalty_until = min(self._penalty_until + PENALTY_STEP, now + PENALTY_MOST)
            raise too_many_requests(math.ceil(self._penalty_until - now))
        start = max(self._overall, now)
        if start - now > 1.0 - 0.5 / rate:  # a whole second's worth is already under way
            self._penalty_until = now + PENALTY
            raise too_many_requests(math.ceil(PENALTY))
        self._overall = start + 1.0 / rate

    def _check_paid(self, *, now: float) -> None:
        start = max(self._paid, now)
        if start - now > 1.0:
            raise too_many_requests(1)
        self._paid = start + 1.0 / PAID_RATE
