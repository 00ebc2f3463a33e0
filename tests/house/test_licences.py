"""The page of licences names every library we asked for, and none came in under terms that nobody looked at."""

import importlib.metadata
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

PAGE = Path("docs/decisions/0001-libraries.md")
# Copyleft that somebody has looked at; the page says why it is all right.
LOOKED_AT = {"python-telegram-bot", "tld", "certifi", "hypothesis", "pathspec"}
COPYLEFT = re.compile(r"GPL|MPL|EUPL|CDDL|EPL|SSPL|BUSL|Mozilla|Proprietary|Commercial", re.IGNORECASE)
SHORT = {
    "MIT License": "MIT",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(name: str) -> str:
    """What the installed package says of itself: the expression, the short line, else the classifier."""
    metadata = importlib.metadata.metadata(name)
    expression, lines, classifiers = (
        metadata.get_all(field) or [] for field in ("License-Expression", "License", "Classifier")
    )
    classifiers = [line.split(" :: ")[-1] for line in classifiers if line.startswith("License")]
    said = next((text.splitlines()[0] for text in [*expression, *lines, *classifiers] if text.strip()), "")
    return SHORT.get(said, said)


def asked_for(pyproject: str) -> list[str]:
    table = tomllib.loads(pyproject)
    specs = [*table["project"]["dependencies"], *table["dependency-groups"]["dev"]]
    return [match[0] for spec in specs if (match := re.match(r"[\w.-]+", spec))]


def test_the_page_names_every_library_with_its_licence(read: Callable[[Path], str]) -> None:
    names = asked_for(read(Path("pyproject.toml")))
    assert len(names) >= 40
    page = read(PAGE)
    missing = [name for name in names if f"`{name}`" not in page]
    assert not missing, f"{len(names)} libraries looked at; not in {PAGE}: {missing}"
    rows = dict(re.findall(r"^\|[^|]*\| `([\w.-]+)` \| ([^|]+?) \|", page, re.MULTILINE))
    assert len(rows) >= 25
    wrong = {name: licence_of(name) for name, said in rows.items() if said != licence_of(name)}
    assert not wrong, f"{len(rows)} rows looked at; the packages say otherwise: {wrong}"


def test_no_copyleft_that_nobody_looked_at() -> None:
    installed = {canonical(found.metadata["Name"]) for found in importlib.metadata.distributions()} - {"loa-tre"}
    assert len(installed) >= 80
    silent = [name for name in installed if not licence_of(name)]
    assert not silent, f"{len(installed)} packages looked at; these name no licence: {silent}"
    found = {name: licence_of(name) for name in installed - LOOKED_AT if COPYLEFT.search(licence_of(name))}
    assert not found, f"{len(installed)} packages looked at: {found}"
