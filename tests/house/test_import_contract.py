"""Each import contract is broken once, in a copy, and must go red: a misspelt name in a contract passes in silence."""

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

# Contract id -> the files to write, with the one import that it forbids.
PLANTS: dict[str, dict[str, str]] = {
    "outreach": {"outreach/planted.py": "import content"},
    "outreach-pure": {"outreach/contacts/planted.py": "from sqlalchemy import select"},
    "outreach-layers": {"outreach/contacts/planted.py": "import outreach.news.planted", "outreach/news/planted.py": ""},
    "outreach-reach": {"outreach/reach/planted.py": "import outreach.news.planted", "outreach/news/planted.py": ""},
    "content": {"content/planted.py": "import handlers"},
    "storage": {"storage/planted.py": "import content"},
    "handlers": {"handlers/planted.py": "from telegram import Bot"},
    "channels": {"bot/channels/telegram/planted.py": "import bot.planted", "bot/planted.py": ""},
    "channel-siblings": {
        "bot/channels/telegram/planted.py": "import bot.channels.planted.adapter",
        "bot/channels/planted/__init__.py": "",
        "bot/channels/planted/adapter.py": "",
    },
    "telegram": {"bot/channels/kit.py": "from telegram.constants import ParseMode"},
    "sql": {"bot/planted.py": "import aiosqlite"},
    "storage-importers": {"bot/planted.py": "import storage"},
    "app-importers": {"bot/planted.py": "import bot.app"},
    "simulator": {"simulator/planted.py": "import outreach"},
    "simulator-importers": {"bot/planted.py": "import simulator"},
}
# Named ahead of their time: a package that is not there yet, and the tests, which are no package.
NOT_YET = {"console", "tests"}

Contracts = list[dict[str, Any]]


@pytest.fixture(scope="module")
def contracts(read: Callable[[Path], str]) -> Contracts:
    found: Contracts = tomllib.loads(read(Path("pyproject.toml")))["tool"]["importlinter"]["contracts"]
    return found


@pytest.fixture
def copy(tmp_path: Path, root: Path, product: list[Path]) -> Path:
    """The product's Python files and the contracts, free to be broken."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    for path in product:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / path, tmp_path / path)
    return tmp_path


def plant(copy: Path, sources: Mapping[str, str]) -> None:
    for name, source in sources.items():
        path = copy / name
        for folder in path.relative_to(copy).parents:
            if folder != Path():
                (copy / folder).mkdir(exist_ok=True)
                (copy / folder / "__init__.py").touch()
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{source}\n")


def lint(copy: Path, *contract_ids: str) -> tuple[int, str]:
    """Exit code and output of the linter on the copy (not on the installed tree)."""
    linter = str(Path(sys.executable).parent / "lint-imports")
    chosen = [word for contract_id in contract_ids for word in ("--contract", contract_id)]
    done = subprocess.run(
        [linter, "--no-logo", "--no-cache", *chosen], cwd=copy, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_every_contract_has_a_plant(contracts: Contracts) -> None:
    assert [contract["id"] for contract in contracts] == list(PLANTS)
    assert len(contracts) == 15


def test_the_tree_keeps_every_contract(copy: Path, contracts: Contracts) -> None:
    code, output = lint(copy)
    assert code == 0, output
    assert f"Contracts: {len(contracts)} kept, 0 broken." in output
    analyzed = re.search(r"Analyzed (\d+) files", output)
    assert analyzed is not None
    assert int(analyzed[1]) >= 20


@pytest.mark.parametrize("contract_id", PLANTS)
def test_a_planted_import_turns_its_contract_red(copy: Path, contract_id: str) -> None:
    plant(copy, PLANTS[contract_id])
    code, output = lint(copy, contract_id)
    assert code == 1, output
    assert "Contracts: 0 kept, 1 broken." in output
    assert "planted" in output or "bot.channels.kit" in output


def test_every_outside_package_in_a_contract_exists(contracts: Contracts, packages: tuple[str, ...]) -> None:
    named = {name.split(".")[0] for contract in contracts for name in contract.get("forbidden_modules", [])}
    outside = named - set(packages) - NOT_YET
    assert len(outside) >= 20
    misspelt = [name for name in outside if importlib.util.find_spec(name) is None]
    assert not misspelt, f"{len(outside)} packages looked at; not installed: {misspelt}"
