"""Folder per question: no drawer for everything, no package that the tools do not see."""

import tomllib
from collections.abc import Callable
from pathlib import Path

FORBIDDEN = {"utils", "util", "common", "core", "services", "helpers", "misc"}


def test_no_drawer_for_everything(files: list[Path]) -> None:
    names = {path: {part.removesuffix(".py") for part in path.parts} for path in files}
    assert len(names) >= 20
    found = [str(path) for path, parts in names.items() if parts & FORBIDDEN]
    assert not found, f"{len(names)} files looked at; these names say nothing: {found}"


def test_every_folder_of_code_is_a_package(product: list[Path], root: Path) -> None:
    """Without __init__.py the import contracts and mypy would pass over a folder in silence."""
    # Alembic loads env.py and the versions by path.
    folders = {path.parent for path in product if path.parts[:2] != ("storage", "migrations")}
    assert len(folders) >= 6
    missing = [str(folder) for folder in folders if not (root / folder / "__init__.py").is_file()]
    assert not missing, f"{len(folders)} folders looked at; without __init__.py: {missing}"


def test_every_top_level_package_is_known_to_the_tools(
    files: list[Path], packages: tuple[str, ...], read: Callable[[Path], str]
) -> None:
    """A new package must be built, typed and held to a contract, or it is held to nothing."""
    there = {path.parts[0] for path in files if path.name.endswith(".py") and len(path.parts) > 1} - {"tests"}
    config = tomllib.loads(read(Path("pyproject.toml")))["tool"]
    linter = config["importlinter"]
    sources = {module for contract in linter["contracts"] for module in contract.get("source_modules", [])}
    assert there == set(packages)
    assert there == set(linter["root_packages"])
    assert there == set(config["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert there == set(config["mypy"]["files"]) - {"tests"}
    assert there - {"bot"} <= sources, "a package without a contract of its own"
