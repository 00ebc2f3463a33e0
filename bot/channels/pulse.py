"""Whether a provider answers, asked again and again: one hiccup is nothing, a silence that lasts is."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from outreach.clock import Clock
from outreach.messaging import SendError, SendErrorKind
from outreach.upkeep import Health

T = TypeVar("T")


class Pulse:
    """Remembers when the provider last answered; at first, that is when this was made."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._answered_at = clock()

    async def ask(self, call: Callable[[], Awaitable[T]]) -> tuple[T | None, Health]:
        """What `call` brought, None where it failed, and what that says of the account."""
        try:
            found = await call()
        except SendError as error:
            if error.kind != SendErrorKind.REVOKED:
                return None, Health(silent_since=self._answered_at, silence=error.reason)
            self._answered_at = self._clock()
            return None, Health(refused=error.reason)
        self._answered_at = self._clock()
        return found, Health()
