"""Who acts is asked first: every public function of outreach that writes, or reads about people, takes `actor` and checks it.

What checks: a call of the three guards of officers.py, a test of the actor's kind that raises, or handing the actor on to a
function that checks. Names are followed through the modules' own imports.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

GUARDS = {"check_act", "check_self", "check_system", "may_act"}
NO_ACTOR = {
    "outreach.campaigns.limits:limits_at": "reads the settings' limits and the number of a period, nothing about people",
}
NO_CHECK = {
    "outreach.contacts.office:look_at": "the secret in the link is what opens it; it tells nothing but the offer itself",
}
# No functions of the subject matter: what storage has to offer, and how a transaction is held.
PORTS = {"ports.py", "transaction.py"}

Function = ast.FunctionDef | ast.AsyncFunctionDef
Sources = dict[str, str]


@dataclass
class Tree:
    """Functions of every module by "module:name", and where each module's imported names come from."""

    functions: dict[str, Function]
    imported: dict[str, dict[str, str]]

    @property
    def public(self) -> dict[str, Function]:
        return {
            name: found
            for name, found in self.functions.items()
            if isinstance(found, ast.AsyncFunctionDef) and not found.name.startswith("_")
        }


def parse(sources: Sources) -> Tree:
    tree = Tree(functions={}, imported={})
    for module, source in sources.items():
        body = ast.parse(source).body
        tree.functions |= {
            f"{module}:{node.name}": node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        tree.imported[module] = {
            alias.asname or alias.name: f"{node.module}:{alias.name}"
            for node in body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
    return tree


def is_actor(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "actor"


def handed_to(function: Function) -> Iterator[str]:
    """The functions, as they are called here, that get the actor itself as their first argument."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args and is_actor(node.args[0]):
            yield node.func.id


def refuses_a_kind(function: Function) -> bool:
    """`if not isinstance(actor, …): raise …`: what the guards do, where the narrower type is needed afterwards."""
    return any(
        isinstance(node, ast.If)
        and any(isinstance(inner, ast.Raise) for inner in node.body)
        and any(
            isinstance(call, ast.Call) and ast.unparse(call.func) == "isinstance" and is_actor(call.args[0])
            for call in ast.walk(node.test)
        )
        for node in ast.walk(function)
    )


def checking(tree: Tree) -> set[str]:
    """Every function that checks its actor, by itself or through one that does."""
    found = {f"outreach.officers:{name}" for name in GUARDS}
    found |= {name for name, function in tree.functions.items() if refuses_a_kind(function)}
    while True:
        more = {
            name
            for name, function in tree.functions.items()
            if name not in found
            for module in [name.partition(":")[0]]
            if any(tree.imported[module].get(called, f"{module}:{called}") in found for called in handed_to(function))
        }
        if not more:
            return found
        found |= more


def first_parameter(function: Function) -> str:
    taken = [*function.args.posonlyargs, *function.args.args]
    return taken[0].arg if taken else ""


def unguarded(tree: Tree) -> tuple[list[str], list[str]]:
    """The public functions that do not take the actor first, and those that take it and do not check."""
    without = [name for name, function in tree.public.items() if first_parameter(function) != "actor"]
    checked = checking(tree)
    return without, [name for name in tree.public if name not in checked and name not in without]


@pytest.fixture(scope="module")
def sources(product: list[Path], read: Callable[[Path], str]) -> Sources:
    return {
        ".".join(path.with_suffix("").parts): read(path)
        for path in product
        if path.parts[0] == "outreach" and path.name not in PORTS
    }


def test_every_public_function_takes_the_actor_first_and_checks(sources: Sources) -> None:
    tree = parse(sources)
    assert len(tree.public) >= 90
    without, unchecked = unguarded(tree)
    assert without == list(NO_ACTOR), f"{len(tree.public)} functions looked at"
    assert unchecked == list(NO_CHECK), f"{len(tree.public)} functions looked at"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("async def planted(tx, *, actor): check_act(actor, action=1)", 0),
        ("async def planted(tx): return await tx.contacts.all()", 0),
        ("async def planted(actor, tx): return await tx.contacts.all()", 1),
        ("async def planted(actor, tx): return await tx.audit.record(actor, at=1)", 1),
        ("async def planted(actor, tx): return await _through(actor, tx)\nasync def _through(actor, tx): return 1", 1),
        ("async def planted(actor, tx): check_act(System(name='x'), action=1)", 1),
        ("async def planted(actor, tx):\n    by = 1 if isinstance(actor, Officer) else None\n    return by", 1),
    ],
)
def test_a_planted_function_without_it_is_found(sources: Sources, body: str, place: int) -> None:
    planted = f"from outreach.officers import Officer, System, check_act\n{body}\n"
    found = unguarded(parse({**sources, "outreach.planted": planted}))[place]
    assert [name for name in found if "planted" in name] == ["outreach.planted:planted"]


@pytest.mark.parametrize(
    "body",
    [
        "async def planted(actor, tx): check_act(actor, action=1)",
        "async def planted(actor, tx): return await _through(actor, tx)\ndef _through(actor, tx): check_act(actor)",
        "async def planted(actor, tx):\n    if not isinstance(actor, Officer):\n        raise PermissionDeniedError",
    ],
)
def test_one_that_checks_is_not(sources: Sources, body: str) -> None:
    planted = f"from outreach.officers import Officer, check_act\n{body}\n"
    assert not any("planted" in name for found in unguarded(parse({"outreach.planted": planted})) for name in found)
