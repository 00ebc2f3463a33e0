"""A finding as lines in a terminal: Vietnamese first, English dim below it."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from bot.commands.checks.finding import Finding, Level
from content.catalog import LANGUAGES, Catalog

_MARKS = {Level.OK: ("✓", "green"), Level.WARN: ("!", "yellow"), Level.BROKEN: ("✗", "bold red")}


def words_of(finding: Finding, catalog: Catalog) -> Iterator[dict[str, str]]:
    """In each language: what was found and, where something is to be done, what."""
    keys = {part: f"doctor.{finding.code}.{part}" for part in ("what", "do")}
    for language in LANGUAGES:
        yield {
            part: catalog.label(key, language=language, **finding.data)
            for part, key in keys.items()
            if catalog.has(key)
        }


def print_finding(finding: Finding, *, catalog: Catalog, console: Console) -> None:
    mark, style = _MARKS[finding.level]
    vietnamese, english = words_of(finding, catalog)
    console.print(Text(f"{mark} {vietnamese['what']}", style=style), soft_wrap=True)
    console.print(Text(f"  {english['what']}", style="dim"), soft_wrap=True)
    if "do" in vietnamese:
        console.print(Text(f"  → {vietnamese['do']}"), soft_wrap=True)
        console.print(Text(f"    {english['do']}", style="dim"), soft_wrap=True)
