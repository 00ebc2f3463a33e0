"""Everything the pretend Bot Platform knows, and how a message gets into a chat and an update to the bot."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from simulator.clock import Clock
from simulator.config import SimConfig
from simulator.events import Events
from simulator.files import FileStore
from simulator.ids import Network, hex_id
from simulator.journal import Journal
from simulator.zalo.bot.errors import BotError
from simulator.zalo.bot.people import BotPerson, new_people
from simulator.zalo.bot.settings import BotSettings
from simulator.zalo.bot.updates import Updates
from simulator.zalo.deliveries import Courier, Parcel
from simulator.zalo.messages import Message
from simulator.zalo.people import People

VIETNAM = timezone(timedelta(hours=7))
FIRST_MESSAGE = 2**43
SECRET_HEADER = "X-Bot-Api-Secret-Token"  # noqa: S105  the header's name
USER_AGENT = {"User-Agent": "Java/1.8.0_192"}


@dataclass(slots=True)
class Usage:
    """What the free plan counts: messages of one month, the chats that were ever written to, tests of the webhook of one day."""

    month: str = ""
    messages: int = 0
    chats: set[str] = field(default_factory=set)
    day: str = ""
    webhook_tests: int = 0


@dataclass(slots=True)
class ZaloBot:
    config: SimConfig
    clock: Clock
    rng: random.Random
    events: Events
    journal: Journal
    files: FileStore
    updates: Updates
    courier: Courier
    settings: BotSettings = field(default_factory=BotSettings)
    people: People[BotPerson] = field(default_factory=new_people)
    usage: Usage = field(default_factory=Usage)
    webhook: str = ""
    secret: str = ""
    webhook_at: int = 0
    made_messages: int = 0

    @property
    def id(self) -> str:
        return self.config.zalo_bot_token.partition(":")[0]

    def now_ms(self) -> int:
        return int(self.clock.now() * 1000)

    def next_message_id(self) -> str:
        self.made_messages += 1
        return hex_id(FIRST_MESSAGE + self.made_messages)

    def put(self, person: BotPerson, message: Message) -> None:
        person.keep(message, most=self.config.transcript)
        message.seq = person.active = self.events.publish("message", person_id=person.id, subject=message)

    def note_sent(self, person: BotPerson, message: Message, *, method: str) -> None:
        self.journal.message(
            message.text,
            at=self.clock.now(),
            chat_id=person.id,
            message_id=message.message_id,
            method=method,
            network=Network.ZALO_BOT,
        )

    def today(self) -> tuple[str, str]:
        """Day and month in Vietnam, by the simulator's clock; counts of other days and months are dropped."""
        now = datetime.fromtimestamp(self.clock.now(), UTC).astimezone(VIETNAM)
        day, month = f"{now:%Y-%m-%d}", f"{now:%Y-%m}"
        if self.usage.month != month:
            self.usage.month, self.usage.messages = month, 0
        if self.usage.day != day:
            self.usage.day, self.usage.webhook_tests = day, 0
        return day, month

    def spend(self, person: BotPerson) -> None:
        """Count one message against the plan, or refuse it."""
        self.today()
        users = len(self.usage.chats) + (person.id not in self.usage.chats)
        if self.usage.messages >= self.settings.monthly_messages or users > self.settings.users:
            raise BotError(429, "Quota exceeded")
        self.usage.messages += 1
        self.usage.chats.add(person.id)

    def push(self, update: dict[str, Any], *, lane: str) -> str:
        """An update goes to the webhook where there is one, else it waits for getUpdates; returns its event's name."""
        name = str(update.get("event_name", ""))
        if not self.webhook:
            self.updates.push(update)
            return name
        found = {"ok": True, "result": update} if self.settings.wrapped else update
        headers = {SECRET_HEADER: self.secret, **USER_AGENT}
        body = json.dumps(found, ensure_ascii=False).encode(errors="replace")
        self.courier.post(Parcel(lane=lane, event_name=name, body=body, headers=headers))
        return name

    def set_up(self) -> None:
        """The queue and the courier follow the settings."""
        self.updates.redeliver_p = self.settings.redeliver_p
        self.courier.waits = (self.settings.retry_seconds,)
        self.courier.url = self.webhook

    def set_webhook(self, url: str, *, secret: str) -> None:
        self.webhook, self.secret, self.webhook_at = url, secret, self.now_ms()
        self.set_up()

    def forget(self) -> None:
        self.people.forget()
        self.usage = Usage()
        self.updates.forget()
        self.courier.forget()

    def close(self) -> None:
        self.updates.close()


def create_zalo_bot(
    config: SimConfig, *, clock: Clock, rng: random.Random, events: Events, journal: Journal, files: FileStore
) -> ZaloBot:
    is_good: Callable[[int], bool] = range(200, 300).__contains__
    courier = Courier(clock, waits=(), is_good=is_good)
    courier.answer_seconds = 5.0
    bot = ZaloBot(config, clock, rng, events, journal, files, Updates(clock, rng), courier)
    bot.set_up()
    return bot
