"""INSERT … ON CONFLICT, which both engines speak and SQLAlchemy keeps in two places."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def dialect_insert(connection: AsyncConnection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect at hand."""
    return insert_of(connection.dialect.name, table)


def insert_of(engine: str, table: Table) -> Any:
    return (postgresql if engine == "postgresql" else sqlite).insert(table)


def upsert(connection: AsyncConnection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """Insert one row, or overwrite `values` of the row with that key."""
    statement = dialect_insert(connection, table).values(**key, **values)
    return statement.on_conflict_do_update(index_elements=list(key), set_=dict(values))
