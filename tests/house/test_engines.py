"""Two engines in one file: one writer, a few readers. A third would bring the lost updates back."""

import ast
from collections.abc import Callable
from pathlib import Path

MAKERS = {
    "create_async_engine",
    "create_engine",
    "create_async_pool_from_url",
    "create_pool_from_url",
    "async_engine_from_config",
    "engine_from_config",
}
HOME = Path("storage/database.py")


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
    named = {path: found for path in product if (found := makers_named(read(path)))}
    assert len(product) >= 20
    assert named.pop(HOME, []), f"{HOME} makes no engine: this test looks for the wrong names"
    assert not named, f"{len(product)} files looked at; engines outside {HOME}: {named}"


def test_the_measure_sees_every_way_to_name_one() -> None:
    assert makers_named("from sqlalchemy.ext.asyncio import create_async_engine as make") == ["create_async_engine"]
    assert makers_named("import sqlalchemy as sa\nsa.create_engine('sqlite://')") == ["create_engine"]
    assert not makers_named("'create_engine'")
