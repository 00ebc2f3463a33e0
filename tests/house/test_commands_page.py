"""Every command stands in docs/operations.md, with an example that its options allow; none that is gone."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import typer.main
from typer.core import TyperGroup

from bot.__main__ import cli

PAGE = Path("docs/operations.md")
ROW = re.compile(r"^\| `loatre ([a-z ]+)` \| `loatre ([^`]+)` \| \S", re.MULTILINE)


def commands(group: TyperGroup, *, before: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every command with its options."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, before=f"{before}{name} ")
        else:
            options = {word for parameter in command.params for word in (*parameter.opts, *parameter.secondary_opts)}
            yield f"{before}{name}", options


def test_every_command_has_a_line_and_every_line_a_command(read: Callable[[Path], str]) -> None:
    there = dict(commands(typer.main.get_group(cli)))
    written = dict(ROW.findall(read(PAGE)))
    assert len(there) >= 8
    assert set(written) == set(there), f"{len(there)} commands looked at"


def test_every_example_can_be_typed(read: Callable[[Path], str]) -> None:
    there = dict(commands(typer.main.get_group(cli)))
    wrong = []
    for name, example in ROW.findall(read(PAGE)):
        used = set(re.findall(r"--[a-z-]+", example))
        if not example.startswith(name) or used - there.get(name, set()):
            wrong.append(example)
    assert not wrong, (
        f"{len(there)} commands looked at; not of the command, or with an option it does not have: {wrong}"
    )
