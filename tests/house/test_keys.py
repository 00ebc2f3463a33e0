"""Texts and code name each other: a key that is asked for exists, and one that exists is asked for."""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from content.catalog import FOLDER, load_texts
from outreach.errors import LeaseLostError

KEY = re.compile(r"[a-z_]+(?:\.[a-z0-9_]+)+")
# What looks like a key and is none: names of files, and what stands in the audit trail.
NO_KEY = {
    "units.csv",
    "campaign.ask_approval",
    "campaign.cancel",
    "campaign.halt",
    "campaign.id",
    "campaign.open_wave",
    "campaign.order",
    "campaign.pass_on_approval",
    "campaign.retry",
    "campaign.reword",
    "campaign.take_back",
}
# Codes that are not said as reason.<code>, and the text that says them instead.
SAID_ELSEWHERE = {
    **{
        code: f"nominate.again.{code}"
        for code in (
            "name_short",
            "name_long",
            "name_letters",
            "name_whole",
            "year_unread",
            "year_young",
            "year_old",
            "text_short",
            "text_long",
            "text_id_number",
            "choose",
        )
    },
    "unknown_kind": "nominate.refused.unknown_kind",  # the job that fetches evidence
}
ERRORS = {
    "OutreachError",
    "PermissionDeniedError",
    "StateError",
    "InvalidAnswerError",
    "NotFoundError",
    "LeaseLostError",
}

Read = Callable[[Path], str]


@dataclass
class Named:
    """Strings of the code as they stand, and f-strings with the places that are filled in."""

    whole: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)

    def add(self, source: str) -> None:
        left: list[ast.AST] = [ast.parse(source)]
        while left:
            node = left.pop()
            children = list(ast.iter_child_nodes(node))
            if isinstance(node, ast.JoinedStr):
                self.patterns.add("".join(_part(part) for part in node.values))
                children = [part for part in node.values if isinstance(part, ast.FormattedValue)]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self.whole.add(node.value)
            left += children

    def uses(self, key: str) -> bool:
        """Named in full, or its end is named and something puts this file's name in front of it (`f"coverage.{key}"`)."""
        file, _, rest = key.partition(".")
        return self._has(key, besides=rf"{file}\.(.+)") or (rf"{file}\.(.+)" in self.patterns and self._has(rest))

    def _has(self, key: str, *, besides: str = "(.+)") -> bool:
        return key in self.whole or any(
            re.fullmatch(pattern, key) for pattern in self.patterns if pattern not in {besides, "(.+)"}
        )


def _part(part: ast.expr) -> str:
    return re.escape(part.value) if isinstance(part, ast.Constant) and isinstance(part.value, str) else "(.+)"


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return load_texts(FOLDER, language="vi")


@pytest.fixture(scope="module")
def named(product: list[Path], read: Read) -> Named:
    found = Named()
    for path in product:
        if path.parts[0] != "simulator" and path.parts[:2] != ("storage", "migrations"):
            found.add(read(path))
    return found


def test_every_key_is_asked_for(texts: dict[str, str], named: Named) -> None:
    assert len(texts) >= 900
    idle = [key for key in texts if not named.uses(key)]
    assert not idle, f"{len(texts)} keys looked at; nobody says them: {idle}"


def test_every_key_that_is_asked_for_exists(texts: dict[str, str], named: Named) -> None:
    files = {key.partition(".")[0] for key in texts}
    folders = {key.rpartition(".")[0] for key in texts}
    asked = {text for text in named.whole if KEY.fullmatch(text) and text.partition(".")[0] in files}
    assert len(asked) >= 300
    missing = asked - texts.keys() - folders - NO_KEY
    assert not missing, f"{len(asked)} names looked at; no such text: {missing}"


def codes_raised(source: str) -> set[str]:
    """The codes given to an error of ours, also as one of two: `StateError("a" if x else "b")`, and what `may_…` gives."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        given: list[ast.expr | None] = []
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ERRORS:
            given = [*node.args[:1]]
        elif isinstance(node, ast.FunctionDef) and node.name.startswith("may_"):
            given = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return)]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
            given = [node.value]
        for value in given:
            if value is not None:
                found |= {
                    part.value
                    for part in _without_tests(value)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
    return found


def _without_tests(value: ast.expr) -> list[ast.expr]:
    """The values an expression may have, as far as they are written down: the arms of `a if x else b`, the last of a call."""
    if isinstance(value, ast.IfExp):
        return [*_without_tests(value.body), *_without_tests(value.orelse)]
    return list(value.args) if isinstance(value, ast.Call) else [value]


def test_every_refusal_has_words(texts: dict[str, str], product: list[Path], read: Read) -> None:
    raised = set().union(*(codes_raised(read(path)) for path in product if path.parts[0] == "outreach"))
    assert len(raised) >= 35
    assert LeaseLostError.code in raised
    silent = {code for code in raised if f"reason.{code}" not in texts}
    assert silent == set(SAID_ELSEWHERE), f"{len(raised)} codes looked at; without words, or excused for nothing"
    assert set(SAID_ELSEWHERE.values()) <= texts.keys()


def test_the_measures_see_what_they_look_for() -> None:
    found = Named()
    found.add('say("a.b")\nsay(f"a.{kind}_one")\nsay(f"c.{key}")\nword("d.e")\nf"{x}"')
    assert [key for key in ("a.b", "a.x_one", "a.z", "c.d.e", "c.f") if not found.uses(key)] == ["a.z", "c.f"]
    assert codes_raised('raise StateError("a" if kind == "x" else "b")\nraise ValueError("c")') == {"a", "b"}
    assert codes_raised('def may_go():\n    return "d"\nclass E:\n    code = "e"') == {"d", "e"}
