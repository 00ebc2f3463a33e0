"""Many ids, or many rows, in one parameter: the statement's text is the same for any number of them.

SQLAlchemy's own IN is written anew for each window, which takes longer than to execute it; so do the rows of an executemany.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Dialect, Text, bindparam, cast, column, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Ids(TypeDecorator[Collection[int]]):
    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> Any:
        ids = list(value or ())
        return ids if dialect.name == "postgresql" else json.dumps(ids)


class _Each(FunctionElement[int]):
    type = BigInteger()
    inherit_cache = True


def among(ids: ColumnElement[int], name: str) -> ColumnElement[bool]:
    """To be executed with those wanted as parameter `name`."""
    return ids.bool_op("IN")(_Each(bindparam(name, type_=_Ids())))


@compiles(_Each)
def _ids_on_sqlite(element: _Each, compiler: SQLCompiler, **how: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **how)}))"  # noqa: S608  (a parameter mark)


@compiles(_Each, "postgresql")
def _ids_on_postgresql(element: _Each, compiler: SQLCompiler, **how: Any) -> str:
    return f"(SELECT unnest({compiler.process(element.clauses, **how)}))"


class _Rows(TypeDecorator[Sequence[Sequence[Any]]]):
    """Rows of values of these types, as JSON."""

    impl = Text
    cache_ok = True

    def __init__(self, types: tuple[TypeEngine[Any], ...]) -> None:
        super().__init__()
        self.types = types

    def process_bind_param(self, value: Sequence[Sequence[Any]] | None, dialect: Dialect) -> str:
        plain = [one.dialect_impl(dialect).bind_processor(dialect) or _as_it_is for one in self.types]
        rows = [[turn(field) for turn, field in zip(plain, row, strict=True)] for row in value or ()]
        return json.dumps(rows, ensure_ascii=False, default=str)


class _Unpacked(FunctionElement[Any]):
    inherit_cache = True


def given(name: str, *columns: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """Expressions over the rows that are given as parameter `name`, with a value for each of these columns in turn."""
    types = tuple(one.type for one in columns)
    row = _Unpacked(bindparam(name, type_=_Rows(types))).table_valued(column("value", Text)).c.value
    return [cast(row.op("->>")(literal_column(str(place))), kind) for place, kind in enumerate(types)]


@compiles(_Unpacked)
def _rows_on_sqlite(element: _Unpacked, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **how)})"


@compiles(_Unpacked, "postgresql")
def _rows_on_postgresql(element: _Unpacked, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **how)} AS JSON))"


def _as_it_is(value: Any) -> Any:
    return value
