"""A database on a bad day."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from storage.database import Database
from storage.session import Session

T = TypeVar("T")


class Failing(Database):
    """The next `fails` bulk transactions end in an error when they are to be committed, the next `unheard` after it."""

    fails = 0
    unheard = 0

    @asynccontextmanager
    async def write(self, *, bulk: bool = False) -> AsyncIterator[Session]:
        async with super().write(bulk=bulk) as tx:
            yield tx
            if bulk and self.fails:
                self.fails -= 1
                raise ConnectionResetError("values of a person")
        if bulk and self.unheard:
            self.unheard -= 1
            raise ConnectionResetError("values of a person")

    async def in_bulk(self, work: Callable[[Session], Coroutine[Any, Any, T]]) -> T:
        async with self.write(bulk=True) as tx:
            return await work(tx)
