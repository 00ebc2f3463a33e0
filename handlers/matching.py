"""What was meant: a choice by number or words, a command, a key of the keyboard, or plain words."""

import re
from collections.abc import Mapping, Sequence

from content.catalog import LANGUAGES, Catalog
from handlers.turn import Command
from outreach.messaging import Button, Reply
from outreach.officers import Action, Role, roles_for
from outreach.text import fold, nfc

# In a list of words this mark asks for the very diacritics: "dừng" stops, "dung" and "đúng" do not.
_EXACT = "="
_REMARK = re.compile(r"\(|: |, (?=\d)")


def choices_of(messages: Sequence[Reply]) -> dict[str, str]:
    """What may be typed instead of pressing: numbers and labels of the last message with buttons -> payload.

    Labels stand as they are written and folded, also without what is added to them: "(…)", ": 3", ", 1.003 người". Where labels are numbers themselves (years, pages) nothing is counted:
    "16" typed under a row of years is an age, not the sixteenth button.
    """
    for reply in reversed(messages):
        buttons = [button for row in reply.buttons for button in row if button.payload]
        if buttons:
            folded = {fold(button.label): button.payload for button in reversed(buttons)}
            written = {_written(button.label): button.payload for button in reversed(buttons)}
            head, comma, _ = _written(buttons[0].label).partition(",")
            for short, payload in _without_remarks(buttons).items():
                folded.setdefault(fold(short), payload)
                written.setdefault(_written(short), payload)
            if comma:  # [Đúng, xóa hết]: the first word says the same, but with its own diacritics only
                written.setdefault(head, buttons[0].payload)
            counted = not any(button.label.isdecimal() for button in buttons)
            numbers = {str(number): button.payload for number, button in enumerate(buttons, start=1) if counted}
            return {key: value for key, value in (folded | written | numbers).items() if key}
    return {}


def _without_remarks(buttons: Sequence[Button]) -> dict[str, str]:
    """[Để nguyên (khuyên dùng với tin tức)] is called "để nguyên", [Xong: 12 người] "xong", where no other one is."""
    parts = [(_REMARK.split(button.label, maxsplit=1), button.payload) for button in buttons]
    heads = [(head.strip(), payload) for (head, *rest), payload in parts if rest]
    names = [fold(head) for head, _ in heads]
    return {head: payload for head, payload in heads if names.count(fold(head)) == 1}


def is_number(text: str) -> bool:
    return text.strip().isdecimal()


def chosen(text: str, *, choices: Mapping[str, str]) -> str | None:
    """The payload meant by what was typed, or None."""
    return choices.get(_written(text)) or choices.get(fold(text))


def agreed(text: str, *, words: Sequence[str], choices: Mapping[str, str]) -> str | None:
    """For one of several `words` of agreement ("đúng rồi"), the payload of the choice that is called like the first of them ("đúng")."""
    written = [_written(word) for word in words]
    return choices.get(written[0]) if _written(text) in written else None


def chosen_exactly(text: str, *, choices: Mapping[str, str]) -> bool:
    """Whether the words stand so, diacritics included, on a button: "dừng" is not what [Đúng] says."""
    return _written(text) in choices


def _written(text: str) -> str:
    return nfc(text).strip().casefold()


class Commands:
    """All commands by name, by the labels of the keyboards and by plain words."""

    def __init__(self, commands: Sequence[Command], *, catalog: Catalog) -> None:
        self._by_name = {command.name: command for command in commands}
        self._exact: dict[str, Command] = {}
        self._folded: dict[str, Command] = {}
        for command in commands:
            for language in LANGUAGES:
                self._learn(command, catalog=catalog, language=language)

    def _learn(self, command: Command, *, catalog: Catalog, language: str) -> None:
        words = catalog.label(f"commands.{command.name}_words", language=language)
        for word in (part.strip() for part in words.split(",")):
            if word.startswith(_EXACT):
                self._exact.setdefault(_written(word[1:]), command)
            elif fold(word):
                self._folded.setdefault(fold(word), command)
            elif word:  # signs alone ("?") have nothing to fold to
                self._exact.setdefault(_written(word), command)

    def find(self, text: str) -> Command | None:
        """By "/name", then by words with their diacritics, then folded."""
        if text.startswith("/"):
            return self._by_name.get(
                text[1:].split(maxsplit=1)[0].split("@", maxsplit=1)[0].casefold() if len(text) > 1 else ""
            )
        return self._exact.get(_written(text)) or self._folded.get(fold(text))

    def insists(self, text: str) -> bool:
        """Whether the text can only mean a command: a "/name", or words asked for with the very diacritics they carry.

        Words typed without any ("dung") may mean a choice as well.
        """
        written = _written(text)
        return text.startswith("/") or (written in self._exact and written != fold(text))


# The officers' work in the order of its keys, and what a role must allow for it. Inviting has hand-over in it, which is everybody's.
_WORK = {"gui": Action.SEND, "dopho": Action.SEE_COVERAGE, "decumoi": Action.REVIEW, "khaibao": Action.DECLARE}
_BESIDE = {"chiendich": Action.SEND}  # work that has no key of its own
_PERSON = ("tin", "decu", "toi", "hoi")
_PER_ROW = 2


def is_work_of(role: Role, command: str) -> bool:
    """Whether an officers' command is one for this role."""
    action = (_WORK | _BESIDE).get(command)
    return action is None or role in roles_for(action)


def work_of(role: Role) -> tuple[str, ...]:
    """The commands that are keys of this role's keyboard."""
    return tuple(name for name in _WORK if is_work_of(role, name))


def keyboard(role: Role | None, *, catalog: Catalog, language: str) -> tuple[tuple[str, ...], ...]:
    """The labels that stay under the writing field: what the role may do, or everybody's (None)."""
    labels = [
        catalog.label(f"commands.{name}", language=language) for name in (_PERSON if role is None else work_of(role))
    ]
    return tuple(tuple(labels[start : start + _PER_ROW]) for start in range(0, len(labels), _PER_ROW))
