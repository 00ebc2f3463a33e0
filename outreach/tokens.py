"""Pairs of tokens that change by themselves: what is durable of them, and when somebody has to look."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPair:
    """The access token is shown with every call; the refresh token is good for one new pair, and then for nothing.

    `refreshing_at` is set before the refresh token is spent: found set, nobody knows whether the provider has taken it.
    `failure` is a code; while it is set, this refresh token is not tried again.
    """

    access: str
    refresh: str
    refreshed_at: datetime
    access_expires_at: datetime
    refresh_expires_at: datetime
    refreshing_at: datetime | None = None
    failure: str = ""

    def lasts(self, now: datetime) -> timedelta:
        """For how long the account works without anybody's help; nothing once the next pair cannot be had."""
        ends = self.access_expires_at if self.failure else self.refresh_expires_at
        return max(ends - now, timedelta())


class TokenPairs(Protocol):
    async def get(self, name: str) -> TokenPair | None: ...

    async def store(self, name: str, pair: TokenPair, *, spent: str | None = None) -> bool:
        """Put the pair in the place of the present one, which is kept as the previous.

        With `spent` only while that is still the refresh token there: otherwise somebody has given a newer pair, and it stays.
        """

    async def begin(self, name: str, *, at: datetime) -> None:
        """About to spend the refresh token."""

    async def undo(self, name: str) -> None:
        """It has not been spent after all: nothing left this machine."""

    async def fail(self, name: str, *, spent: str, reason: str) -> None:
        """`spent` brings no new pair any more; nothing happens where another has taken its place."""
