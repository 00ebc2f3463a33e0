"""Somebody on Zalo as the bot knows him or her: by a chat id, learned from a first message."""

from dataclasses import dataclass
from typing import Any

from simulator.ids import Network, hex_id
from simulator.zalo.people import People, Person


@dataclass(slots=True, eq=False, kw_only=True)
class BotPerson(Person):
    """``protected``: Zalo keeps back whatever this person writes (children are named). ``typing_until`` is the clock's."""

    started: bool = True
    protected: bool = False
    group: bool = False
    typing_until: float = 0.0

    def card(self) -> dict[str, Any]:
        return {
            **Person.card(self),
            "network": Network.ZALO_BOT,
            "started": self.started,
            "protected": self.protected,
            "group": self.group,
        }


def new_people() -> People[BotPerson]:
    return People(hex_id)
