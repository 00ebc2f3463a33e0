"""What all tables share: the naming of constraints, ids, foreign keys, and CHECKs made of enums."""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    MetaData,
)

from storage.types import Id

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """A named CHECK that a text column holds one of an enum's words (NULL passes)."""
    values = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def id_column() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def refers_to(target: str, *, null: bool = False, on_delete: str | None = None) -> Column[int]:
    """A foreign key named after the table it points to."""
    name = f"{target}_id"
    return Column(name, Id, ForeignKey(f"{target}.id", ondelete=on_delete), nullable=null)


AUTO: dict[str, Any] = {"sqlite_autoincrement": True}
