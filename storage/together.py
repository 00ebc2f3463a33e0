"""All rows of an answer in one, on SQLite.

Each row of its own lets go of the interpreter and then waits for it, beside a loop that sends; sixty of them take longer than
all that was asked.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Dialect, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

Read = Callable[[Any], Any]


async def fetch_together(
    db: AsyncConnection, statement: Select[*tuple[Any, ...]], values: dict[str, Any]
) -> Sequence[Any]:
    """The rows, in no order. `statement` is one that is built once, and its columns hold what JSON can."""
    if db.dialect.name != "sqlite":
        return (await db.execute(statement, values)).all()
    found = (await db.execute(_in_one(statement), values)).scalar_one()
    make, reads = _reading(statement, db.dialect)
    rows = json.loads(found)
    for place, read in reads:
        for row in rows:
            row[place] = read(row[place])
    return [make(row) for row in rows]


@cache
def _in_one(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    inner = statement.subquery()
    return select(func.json_group_array(func.json_array(*inner.c))).select_from(inner)


@cache
def _reading(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> tuple[Read, list[tuple[int, Read]]]:
    """What makes a row of its values, and what has to be done to which of them."""
    columns = statement.selected_columns
    reads = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    row: Any = namedtuple("Row", columns.keys())  # type: ignore[misc]  # noqa: PYI024  (its names are the statement's)
    return row._make, [(place, read) for place, read in enumerate(reads) if read]
