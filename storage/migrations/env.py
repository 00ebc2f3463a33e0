"""Alembic's entry: one connection, handed in by storage.migrate."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo

from storage.migrate import MigrationError
from storage.tables import metadata
from storage.types import Sealed


def render_item(kind: str, item: object, _autogen: object) -> str | Literal[False]:
    """Sealed columns are bytes to the database; the sealing itself may change without a migration."""
    return "sa.LargeBinary()" if kind == "type" and isinstance(item, Sealed) else False


def check_references(
    ctx: MigrationContext,
    step: MigrationInfo,  # noqa: ARG001  (Alembic's signature)
    heads: Collection[Any],  # noqa: ARG001  (as above)
    run_args: Mapping[str, Any],  # noqa: ARG001  (as above)
) -> None:
    """Before each step's COMMIT: with foreign keys off while tables are rebuilt, nothing else would notice a lost parent."""
    if ctx.dialect.name != "sqlite" or ctx.connection is None:
        return
    broken = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise MigrationError(f"{len(broken)} rows would point nowhere; nothing was changed")


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
    on_version_apply=check_references,
)
with context.begin_transaction():
    context.run_migrations()
