"""Everything the pretend Official Account knows, and how a message gets into a chat and an event to the webhook."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus
from typing import Any

from simulator.clock import Clock
from simulator.config import SimConfig
from simulator.events import Events
from simulator.files import FileStore
from simulator.ids import Network, hex_id
from simulator.journal import Journal
from simulator.zalo.deliveries import Courier, Parcel
from simulator.zalo.messages import Message
from simulator.zalo.oa.articles import Articles
from simulator.zalo.oa.broadcasts import Broadcasts
from simulator.zalo.oa.limits import Limits
from simulator.zalo.oa.people import OaPerson, new_people
from simulator.zalo.oa.settings import OaSettings
from simulator.zalo.oa.signature import sign
from simulator.zalo.oa.tokens import Tokens
from simulator.zalo.oa.uploads import Uploads
from simulator.zalo.people import People

APP_ID = "1000000000000000001"
OA_ID = "4000000000000000001"
ADMIN_ID = "5000000000000000001"
RETRY_WAITS = (30.0, 300.0, 900.0, 1800.0, 3600.0)
VIETNAM = timezone(timedelta(hours=7))
FIRST_MESSAGE = 2**40


@dataclass(slots=True)
class Spending:
    """What the windows have cost: paid messages of one month against the package's quota, and VND beyond it."""

    month: str = ""
    from_quota: int = 0
    charged_vnd: int = 0


@dataclass(slots=True)
class Oa:
    """The Official Account. ``tags`` holds user ids by the tag's name."""

    config: SimConfig
    clock: Clock
    rng: random.Random
    events: Events
    journal: Journal
    files: FileStore
    settings: OaSettings
    tokens: Tokens
    courier: Courier
    people: People[OaPerson] = field(default_factory=new_people)
    limits: Limits = field(default_factory=Limits)
    spending: Spending = field(default_factory=Spending)
    uploads: Uploads = field(default_factory=Uploads)
    articles: Articles = field(default_factory=Articles)
    broadcasts: Broadcasts = field(default_factory=Broadcasts)
    tags: dict[str, set[str]] = field(default_factory=dict)
    disabled: bool = False
    made_messages: int = 0

    def now_ms(self) -> str:
        return str(int(self.clock.now() * 1000))

    def local_time(self) -> datetime:
        """Now in Vietnam, by the simulator's clock."""
        return datetime.fromtimestamp(self.clock.now(), UTC).astimezone(VIETNAM)

    def next_message_id(self) -> str:
        self.made_messages += 1
        return hex_id(FIRST_MESSAGE + self.made_messages)

    def put(self, person: OaPerson, message: Message) -> Message:
        """A new message stands in the chat and on the page."""
        person.keep(message, most=self.config.transcript)
        return self.changed(person, message, kind="message")

    def changed(self, person: OaPerson, message: Message, *, kind: str = "edit") -> Message:
        message.seq = person.active = self.events.publish(kind, person_id=person.id, subject=message)
        return message

    def card(self, person: OaPerson) -> dict[str, Any]:
        return {**person.card(), "window": person.window(self.clock.now())}

    def tell_page(self, person: OaPerson) -> int:
        return self.events.publish("person", person_id=person.id, subject=self.card(person))

    def note_sent(self, person: OaPerson, message: Message, *, method: str) -> None:
        """What the OA sent by the API stands in the journal."""
        self.journal.message(
            message.text,
            at=self.clock.now(),
            chat_id=person.id,
            message_id=message.message_id,
            method=method,
            network=Network.ZALO_OA,
        )

    def emit(self, event: dict[str, Any], *, lane: str, signature: str | None = None) -> str:
        """Sign an event and send it on its way to the webhook; returns its name."""
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        settings = self.settings
        if signature is None:
            signature = sign(
                body,
                first=APP_ID if settings.signature_first == "app_id" else OA_ID,
                timestamp=str(event.get("timestamp", "")),
                secret=settings.oa_secret_key,
                prefix=settings.signature_prefix,
            )
        name = str(event.get("event_name", ""))
        parcel = Parcel(lane=lane, event_name=name, body=body, headers={"X-ZEvent-Signature": signature})
        for _ in range(1 + (self.rng.random() < settings.duplicate_p)):
            self.courier.post(parcel)
        return name

    def set_up_webhook(self) -> None:
        """The courier follows the settings; a disabled webhook gets nothing until it is enabled by hand."""
        self.courier.url = "" if self.disabled else self.settings.webhook
        self.courier.waits = RETRY_WAITS if self.settings.retries else ()
        self.courier.answer_seconds = self.settings.answer_seconds

    def give_up_webhook(self) -> None:
        """After the last retry Zalo disables the webhook; without retries one event is lost and no more."""
        if self.settings.retries:
            self.disabled = True
            self.set_up_webhook()

    def forget(self) -> None:
        self.people.forget()
        self.limits = Limits()
        self.spending = Spending()
        self.uploads.forget()
        self.articles.forget()
        self.broadcasts.forget()
        self.tags.clear()
        self.courier.forget()
        self.disabled = False
        self.set_up_webhook()

    async def close(self) -> None:
        self.broadcasts.forget()
        await self.courier.close()


def create_oa(
    config: SimConfig, *, clock: Clock, rng: random.Random, events: Events, journal: Journal, files: FileStore
) -> Oa:
    settings = OaSettings(limits=config.limits)
    courier = Courier(clock, waits=RETRY_WAITS, is_good=lambda status: status == HTTPStatus.OK)
    courier.retry_header = "num_retry"
    tokens = Tokens(settings, rng)
    oa = Oa(config, clock, rng, events, journal, files, settings, tokens, courier)
    courier.gave_up = oa.give_up_webhook
    return oa
