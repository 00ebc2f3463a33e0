"""Alembic's entry: one connection, handed in by storage.migrate."""

from typing import Literal

from alembic import context

from storage.tables import metadata
from storage.types import Sealed


def render_item(kind: str, item: object, _autogen: object) -> str | Literal[False]:
    """Sealed columns are bytes to the database; the sealing itself may change without a migration."""
    return "sa.LargeBinary()" if kind == "type" and isinstance(item, Sealed) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
    transaction_per_migration=True,
    compare_type=True,
    render_item=render_item,
    user_module_prefix="storage.types.",
)
with context.begin_transaction():
    context.run_migrations()
