"""What an action has brought about."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Done:
    """The messages an action has made, and the names of the events it sent to the webhook or the queue."""

    message_ids: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def add(self, other: "Done") -> None:
        self.message_ids += other.message_ids
        self.events += other.events

    def as_json(self) -> dict[str, Any]:
        return {"message_ids": self.message_ids, "events": self.events, **self.extra}
