"""Nothing is installed that nobody uses: every declared distribution is imported, or stands here with its reason."""

import ast
import importlib.metadata
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

REASONS = {
    "asyncpg": "named in the URL of PostgreSQL",
    "python-multipart": "Starlette reads forms with it",
    "tzdata": "zoneinfo reads it where the machine has no zones",
    "editables": "hatchling installs our own package with it",
    "hatchling": "the build backend",
    "import-linter": "a command of `make lint`",
    "mypy": "a command of `make lint`",
    "ruff": "a command of `make lint`",
    "pytest-asyncio": "a plugin of pytest",
    "pytest-randomly": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
    "types-openpyxl": "types for mypy",
}

# What declared ones are made of and hand over themselves: Jinja2 its escaping, pydantic-settings its models and its reader.
COMES_ALONG = {"markupsafe", "pydantic", "pydantic-core", "python-dotenv"}

Read = Callable[[Path], str]


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(pyproject: str) -> tuple[set[str], set[str]]:
    """What the program runs with, and what the developer has besides."""
    table = tomllib.loads(pyproject)
    specs = table["project"]["dependencies"], table["dependency-groups"]["dev"]
    running, developing = ({canonical(re.split(r"[\[<>=!~; ]", spec, maxsplit=1)[0]) for spec in one} for one in specs)
    return running, developing


def imports(source: str) -> set[str]:
    """The top-level names that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def distributions(paths: list[Path], read: Read) -> set[str]:
    """The distributions behind everything that these files import."""
    owners = importlib.metadata.packages_distributions()
    imported = set().union(*(imports(read(path)) for path in paths))
    return {canonical(owner) for name in imported for owner in owners.get(name, [])}


def test_every_distribution_is_imported_or_has_a_reason(product: list[Path], python: list[Path], read: Read) -> None:
    running, developing = declared(read(Path("pyproject.toml")))
    assert (len(running), len(developing)) >= (25, 10)
    in_product, anywhere = distributions(product, read), distributions(python, read)
    assert len(in_product) >= 20
    idle = (running - in_product) | (developing - anywhere)
    assert idle == set(REASONS), f"{len(running | developing)} looked at; not imported, or excused for nothing"


def test_the_product_imports_only_what_it_declares(product: list[Path], read: Read) -> None:
    """What only comes along with something else may be gone with its next release."""
    running, _ = declared(read(Path("pyproject.toml")))
    undeclared = distributions(product, read) - running - {"loa-tre"}
    assert undeclared == COMES_ALONG


def test_the_measure_sees_an_import_inside_a_function() -> None:
    assert imports("def late():\n    from rich.table import Table\n    import a.b as c\n") == {"rich", "a"}
    table = '[project]\ndependencies = ["a[x]>=1"]\n[dependency-groups]\ndev = ["B.c", "d==2"]\n'
    assert declared(table) == ({"a"}, {"b-c", "d"})
