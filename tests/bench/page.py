"""`python -m tests.bench.page`: put the figures of the latest run into docs/benchmarks.md, below what is written there by hand."""

import json
import os
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.bench.figures import FIGURES, HEADINGS, Figure, cells

PAGE = Path("docs/benchmarks.md")
LATEST = Path("var/bench/latest.json")
MARK = "<!-- What follows is written by `python -m tests.bench.page`. -->"


def tables(found: dict[str, Any]) -> str:
    """Everything of a run that a reader needs to judge its figures."""
    figures = [Figure(**row) for row in found["figures"]]
    return "\n\n".join([*_circumstances(found), *_by_bench(figures), "## What falls short", _short_of(figures)]) + "\n"


def _circumstances(found: dict[str, Any]) -> Iterator[str]:
    machine, before = found["machine"], found["load"]["before"][0]
    yield "## The run"
    yield (
        f"Size `{found['size']['name']}`, begun {found['began_at']}, {found['seconds'] // 60} min {found['seconds'] % 60} s, on"
        f" {machine['cores']} cores of {machine['processor']}, {machine['memory']}, {machine['system']}."
        f" Load of the machine before it: {before:.2f}."
    )
    named = {"python": "Python", "sqlite": "SQLite", "postgres": "PostgreSQL"}
    others = machine.keys() - named.keys() - {"processor", "cores", "memory", "system"}
    versions = [(named.get(name, name), machine[name]) for name in (*named, *sorted(others))]
    yield "Versions: " + ", ".join(f"{name} {version}" for name, version in versions) + "."


def _by_bench(figures: list[Figure]) -> Iterator[str]:
    headings = HEADINGS[1:]
    rule = ["---:" if heading in FIGURES else "---" for heading in headings]
    for bench, rows in groupby(figures, key=lambda row: row.bench):
        yield f"## {bench.capitalize()}"
        yield "\n".join(_line(row) for row in (headings, rule, *map(cells, rows)))


def _line(row: Iterable[str]) -> str:
    return f"| {' | '.join(row)} |"


def _short_of(figures: list[Figure]) -> str:
    missed = [row for row in figures if row.met is False]
    if not missed:
        return "Nothing: every target of this run was reached."
    return "\n".join(
        f"- {row.bench}: {row.name}: {ours}, wanted {row.target} of {theirs} ({row.peer})."
        for row, ours, theirs in ((row, cells(row)[1], cells(row)[3]) for row in missed)
    )


def write(latest: Path) -> None:
    by_hand, mark, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    assert mark, f"{PAGE} has lost its mark"
    PAGE.write_text(f"{by_hand}{MARK}\n\n{tables(json.loads(latest.read_text(encoding='utf-8')))}", encoding="utf-8")


if __name__ == "__main__":
    write(Path(os.environ.get("OUTPUT") or LATEST))
