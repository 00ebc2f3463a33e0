"""A conversation in the terminal: Vietnamese first, English dim below it."""

from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.prompt import Confirm, Prompt
from rich.text import Text

from content.catalog import LANGUAGES, Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """Keys are those of `setup.*`. With `asks` off every question is answered by its default, and the question is not shown."""

    catalog: Catalog
    console: Console
    asks: bool

    def say(self, key: str, *, style: str = "", **values: Any) -> None:
        for language, look in zip(LANGUAGES, (style, "dim"), strict=True):
            text = self.catalog.label(f"setup.{key}", language=language, **values)
            self.console.print(Text(text, style=look), soft_wrap=True)

    def title(self, key: str, **values: Any) -> None:
        self.console.print()
        self.say(key, style="bold", **values)

    def ask(self, key: str, *, default: str = "", hidden: bool = False, **values: Any) -> str:
        """What is typed, without blanks around it; nothing typed is the default."""
        if not self.asks:
            return default
        self.say(key, **values)
        shown = Text(f"[{default}] " if default else "") + Text("›")
        return Prompt.ask(shown, console=self.console, password=hidden, default=default, show_default=False).strip()

    def confirm(self, key: str, *, default: bool, **values: Any) -> bool:
        if not self.asks:
            return default
        self.say(key, **values)
        return Confirm.ask("›", console=self.console, default=default)
