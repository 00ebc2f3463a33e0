"""What the steps of `loatre setup` share: the settings as they are, and the file in which they are kept."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.commands.talk import Talk
from bot.envfile import change, names_in
from bot.settings import PREFIX, Settings, load_settings


class SetupError(Exception):
    """A step that cannot be done now; `key` names the words, `setup.<key>`. What was kept before stays."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(slots=True, kw_only=True)
class Desk:
    """`keep` writes a step's answer at once, so that stopping anywhere loses nothing but the open question."""

    talk: Talk
    file: Path
    settings: Settings

    def keep(self, **values: str) -> None:
        """Write what differs from the settings. What stands in the file already is replaced only after a yes."""
        for name, value in values.items():
            known = getattr(self.settings, name)
            if (known.get_secret_value() if isinstance(known, SecretStr) else known) == value:
                continue
            variable = f"{PREFIX}{name.upper()}"
            if os.environ.get(variable):
                self.talk.say("environment_wins", style="yellow", variable=variable)
                continue
            there = variable in names_in(self.file)
            if there and not self.talk.confirm("replace", default=True, variable=variable, file=self.file):
                continue
            change(self.file, {variable: value})
            self.talk.say("replaced" if there else "written", variable=variable, file=self.file)
            self.settings = load_settings()
