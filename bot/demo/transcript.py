"""The play as it is read in the terminal: who does what, what the bot answers, and the English under it."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from bot.demo.echo import EchoCatalog
from bot.demo.phones import Message, Phone

_LONGEST = 700  # characters of one message; the chat page shows the rest
_INDENT = (0, 0, 0, 4)


class Transcript:
    """Prints; decides nothing."""

    def __init__(self, console: Console, catalog: EchoCatalog) -> None:
        self.console = console
        self._catalog = catalog

    def say(self, key: str, *, style: str = "", **values: str | int) -> None:
        """A line of the play itself, in both languages."""
        self.console.print(Text(self._catalog.label(key, language="vi", **values), style=style))
        self.console.print(Text(self._catalog.label(key, language="en", **values), style="dim"))

    def scene(self, number: int, key: str) -> None:
        self.console.print()
        title = f"{number}. {self._catalog.label(key)}"
        self.console.print(Rule(Text(title, style="bold cyan"), align="left", style="cyan"))
        self.console.print(Text(self._catalog.label(key, language="en"), style="dim"))

    def does(self, phone: Phone, action: str) -> None:
        """What a person taps, types or sends."""
        line = Text(f"{phone.name}: ", style="bold green")
        line.append(action, style="green")
        self.console.print(line)

    def answers(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._answer(message)

    def _answer(self, message: Message) -> None:
        text = str(message.get("text") or message.get("caption") or "")
        shown = text if len(text) <= _LONGEST else text[:_LONGEST].rsplit(" ", 1)[0] + " …"
        if shown:
            self.console.print(Padding(Text(shown), _INDENT))
        english = self._catalog.english(text)
        if english:
            self.console.print(Padding(Text(english[:_LONGEST], style="dim"), _INDENT))
        buttons = _buttons(message)
        if buttons:
            self.console.print(Padding(Text("  ".join(f"[{label}]" for label in buttons), style="blue"), _INDENT))

    def figures(self, phone: Phone) -> None:
        """How much work it was for this person."""
        self.say(
            "demo.figures",
            style="magenta",
            name=phone.name,
            taps=phone.taps,
            typed=phone.typed,
            characters=phone.characters_read,
        )

    def verdict(self, checks: Sequence[tuple[str, bool, str]]) -> None:
        for key, held, found in checks:
            mark = Text("✓ " if held else "✗ ", style="green" if held else "bold red")
            self.console.print(mark.append(f"{self._catalog.label(key)} {found}".rstrip(), style="default"))


def _buttons(message: Message) -> list[str]:
    rows, titled = message.get("inline") or [], message.get("buttons") or []
    assert isinstance(rows, list)  # noqa: S101  (the simulator's contract)
    assert isinstance(titled, list)  # noqa: S101  (as above)
    return [*(button["text"] for row in rows for button in row), *(button["title"] for button in titled)]
