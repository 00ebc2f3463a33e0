"""No page is left on the disk, in the middle of a campaign and of people's words: nothing is acknowledged that is not kept."""

import asyncio
import logging

import pytest

from outreach.campaigns.model import DeliveryState
from storage.database import Database
from tests.chaos.faults.conftest import Service

PEOPLE, WHO_WRITE = 300, 8
NO_LIMIT = 1_073_741_823  # pages


async def _fill(database: Database) -> None:
    """The pages that were free are used up, and the file may grow no more."""
    async with database.write() as tx:
        run = tx.connection.exec_driver_sql
        await run("CREATE TABLE filler (bytes BLOB)")
        while (await run("PRAGMA freelist_count")).scalar_one():
            await run("INSERT INTO filler VALUES (zeroblob(20000))")
    await _allow(database, pages=1)  # less than there are: no more than there are


async def _allow(database: Database, *, pages: int) -> None:
    async with database.write() as tx:
        await tx.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


async def test_nothing_is_lost_and_nobody_gets_it_twice(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    await service.settle(PEOPLE)
    who = service.town.people[:WHO_WRITE]
    with caplog.at_level(logging.WARNING):
        async with service.run() as app:
            await service.arrived(50)
            await _fill(app.database)

            async def told() -> bool:
                return "the database took nothing" in caplog.text

            await service.until(told)
            for person in who:
                await service.says(person, "xin chào " + "bạn " * 200)
            await asyncio.sleep(1)
            # Not even an apology: her word is not acknowledged, and will be brought again.
            assert [await service.said_to(person) for person in who] == [[]] * WHO_WRITE
            await _allow(app.database, pages=NO_LIMIT)
            await service.finished()
            await service.answered(*who)
    found = await service.books()
    assert found[DeliveryState.SENT] == PEOPLE
    assert [len(await service.said_to(person)) for person in who] == [1] * WHO_WRITE
