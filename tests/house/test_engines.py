"""Two engines in one file: one writer, a few readers. A third would bring the lost updates back."""

import ast
from collections.abc import Callable
from pathlib import Path

HOME = Path("storage/database.py")
# A migration runs alone, before anybody else opens the database, and Alembic is synchronous.
MIGRATIONS = Path("storage/migrate.py")
# It opens no connection: it is lent the writer's own, for one transaction at a time.
INLINE = Path("storage/inline.py")
MAKERS = {
    "create_async_engine": {HOME},
    "async_engine_from_config": set(),
    "create_engine": {MIGRATIONS, INLINE},
    "engine_from_config": set(),
}


def showing(source: str) -> list[str]:
    """Calls that make an engine whose errors would print what people wrote."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in MAKERS
        and not any(word.arg == "hide_parameters" and ast.unparse(word.value) == "True" for word in node.keywords)
    ]


def makers_named(source: str) -> list[str]:
    """Names of engine makers used or imported in a module."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            names.append(node.id)
        elif isinstance(node, ast.Attribute):
            names.append(node.attr)
        elif isinstance(node, ast.ImportFrom):
            names.extend(alias.name for alias in node.names)
    return [name for name in names if name in MAKERS]


def test_only_the_database_module_makes_engines(product: list[Path], read: Callable[[Path], str]) -> None:
    named = [(path, name) for path in product for name in makers_named(read(path))]
    assert len(product) >= 20
    assert (HOME, "create_async_engine") in named, f"{HOME} makes no engine: this test looks for the wrong names"
    strays = [f"{path}: {name}" for path, name in named if path not in MAKERS[name]]
    assert not strays, f"{len(product)} files looked at; engines in the wrong place: {strays}"


def test_no_engine_prints_what_people_wrote(read: Callable[[Path], str]) -> None:
    for path in (HOME, MIGRATIONS, INLINE):
        assert makers_named(read(path))
        assert not showing(read(path))
    assert showing("sa.create_engine(url)") == ["sa.create_engine(url)"]
    assert showing("create_engine(url, hide_parameters=False)")


def test_the_measure_sees_every_way_to_name_one() -> None:
    assert makers_named("from sqlalchemy.ext.asyncio import create_async_engine as make") == ["create_async_engine"]
    assert makers_named("import sqlalchemy as sa\nsa.create_engine('sqlite://')") == ["create_engine"]
    assert not makers_named("'create_engine'")
