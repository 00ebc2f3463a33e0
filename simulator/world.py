"""Everything the pretend Telegram knows (and where the pretend Zalo stands), in one place, and how a message becomes part of it."""

import random
from dataclasses import dataclass, field
from typing import Any

from simulator.chats import Message
from simulator.clock import Clock
from simulator.config import Settings, SimConfig
from simulator.events import Events
from simulator.faults import Faults
from simulator.files import FileStore
from simulator.journal import Journal
from simulator.limits import Limits
from simulator.people import People, Person
from simulator.updates import CALLBACK_LIFE, MESSAGE_LIFE, Updates
from simulator.webhook import Webhook
from simulator.zalo.bot.state import ZaloBot, create_zalo_bot
from simulator.zalo.oa.state import Oa, create_oa

MANY_TAPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """A tapped button that waits for its answer; Telegram forgets it at ``expires_at``."""

    person_id: int
    expires_at: float


@dataclass(slots=True)
class World:
    """The state behind all methods of Telegram, and the other networks beside it. ``commands`` holds what setMyCommands gave, by (scope, language)."""

    config: SimConfig
    clock: Clock
    rng: random.Random
    settings: Settings
    people: People
    events: Events
    faults: Faults
    limits: Limits
    journal: Journal
    updates: Updates
    webhook: Webhook
    files: FileStore
    oa: Oa
    zalo_bot: ZaloBot
    taps: dict[str, Tap] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    posters: list[dict[str, str]] = field(default_factory=list)
    last_message_id: int = 0

    @property
    def bot(self) -> dict[str, Any]:
        """The bot as a User object."""
        return {
            "id": self.config.bot_id,
            "is_bot": True,
            "first_name": self.config.first_name,
            "username": self.config.username,
        }

    def next_message_id(self) -> int:
        self.last_message_id += 1
        return self.last_message_id

    def deliver(self, person: Person, message: Message, *, method: str) -> None:
        """A message of the bot has been accepted: it stands in the chat, the journal and the page."""
        person.keep(message, most=self.config.transcript)
        self.journal.message(
            message.text, at=self.clock.now(), chat_id=message.chat_id, message_id=message.message_id, method=method
        )
        person.typing_until = 0.0
        message.seq = person.active = self.events.publish("message", person_id=person.id, subject=message)

    def changed(self, person: Person, message: Message, *, kind: str) -> None:
        """An edit or a deletion shows up on the page."""
        message.seq = person.active = self.events.publish(kind, person_id=person.id, subject=message)

    def push(self, kind: str, content: dict[str, Any], *, person: Person) -> list[int]:
        """Queue an update about a person; empty when the bot did not ask for such updates."""
        callback = kind == "callback_query"
        update_id = self.updates.push(
            kind,
            content,
            lane=("tap" if callback else "chat", person.id),
            expires_at=self.clock.now() + (CALLBACK_LIFE if callback else MESSAGE_LIFE),
        )
        return [] if update_id is None else [update_id]

    def forget(self) -> None:
        """Everything but the bot with its commands and webhook: people, chats, queue, journal, orders for faults."""
        self.people = People()
        self.taps.clear()
        self.events.forget()
        self.faults.cancel()
        self.limits.forget()
        self.journal.forget()
        self.updates.forget()
        self.oa.forget()
        self.zalo_bot.forget()
        self.files.forget()
        self.posters.clear()

    def drop_old_taps(self) -> None:
        if len(self.taps) > MANY_TAPS:
            now = self.clock.now()
            self.taps = {query_id: tap for query_id, tap in self.taps.items() if tap.expires_at > now}

    def close(self) -> None:
        """Let every long poll and every listener go, so that the server can stop at once."""
        self.updates.close()
        self.zalo_bot.close()
        self.events.close()


def create_world(config: SimConfig) -> World:
    clock = Clock()
    rng = random.Random(config.seed)  # noqa: S311  reproducible trouble, no secrets
    updates = Updates(clock=clock, rng=rng)
    events, files = Events(), FileStore()
    journal = Journal(
        requests=config.journal_requests,
        parameters=config.journal_parameters,
        messages=config.journal_messages,
    )
    return World(
        config=config,
        clock=clock,
        rng=rng,
        settings=Settings(limits=config.limits, rate=config.rate, delay_ms=config.delay_ms),
        people=People(),
        events=events,
        faults=Faults(rng=rng),
        limits=Limits(),
        journal=journal,
        updates=updates,
        webhook=Webhook(updates=updates, clock=clock, rng=rng),
        files=files,
        oa=create_oa(config, clock=clock, rng=rng, events=events, journal=journal, files=files),
        zalo_bot=create_zalo_bot(config, clock=clock, rng=rng, events=events, journal=journal, files=files),
    )
