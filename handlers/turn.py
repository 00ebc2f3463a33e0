"""One turn: what a person did, what is known about her, and how a handler answers and moves the conversation."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar, cast

from content.catalog import Catalog
from content.placeholders import values_for
from handlers.buttons import Press, payload
from outreach.broadcasts.model import ArticleLimits, ArticlesLeft
from outreach.contacts.model import Contact, Known, Subscription
from outreach.contacts.windows import Windows
from outreach.dialogue import Dialogue
from outreach.directory import UnitDirectory
from outreach.errors import PermissionDeniedError
from outreach.messaging import (
    AccountId,
    Button,
    Capabilities,
    ChannelName,
    ContactId,
    Incoming,
    Notice,
    Replies,
    Reply,
)
from outreach.officers import Officer
from outreach.pack import Pack
from outreach.transaction import Transaction
from outreach.units import UnitId

T = TypeVar("T")
Labels = Sequence[Sequence[Button]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One channel as the conversation knows it. `name` is what people look for there.

    `link` opens the chat, with a word where the channel can carry one (`capabilities.start_payload`); `rate` is the most of its
    bulk lane, in messages a second, `start_rate` what it begins with before it has learned (None: the most); `monthly` how many messages a month its plan allows, 0: as many as wanted. `articles_left` asks the
    messenger how many articles a follower may still get, where it knows such; `refuses_buttons` whether it has been taking none
    for some time.
    """

    channel: ChannelName
    account_id: AccountId
    name: str
    capabilities: Capabilities
    link: Callable[[str], str]
    rate: float
    start_rate: float | None = None
    monthly: int = 0
    articles_left: Callable[[str], Awaitable[ArticlesLeft | None]] | None = None
    refuses_buttons: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is the same for every turn. `doors` are the channels that are set up; `send_hours_apply` is the bulk lanes'."""

    pack: Pack
    catalog: Catalog
    units: UnitDirectory
    doors: tuple[Door, ...]
    windows: Windows = field(default_factory=Windows)
    send_hours_apply: bool = True
    article_limits: ArticleLimits = field(default_factory=ArticleLimits)
    staff_hours: float = 12.0  # staff who have written to a person hold the conversation for so long

    def door(self, channel: ChannelName) -> Door:
        return next(door for door in self.doors if door.channel == channel)

    def deep_link(self, word: str) -> str:
        """A link that opens a chat with this word, at a channel that can carry one if there is any."""
        return max(self.doors, key=lambda door: door.capabilities.start_payload).link(word)

    def ways_in(self, word: str) -> dict[str, object]:
        """What a text needs that calls somebody into a chat with this word: the `link` that carries it, "" where none can, and the
        `others`, where the word is typed.
        """
        carrying = any(door.capabilities.start_payload for door in self.doors)
        others = [door for door in self.doors if not door.capabilities.start_payload]
        return {
            "link": self.deep_link(word) if carrying else "",
            "others": [{"name": door.name, "link": door.link("")} for door in others],
        }

    def unit_label(self, unit_id: UnitId | None, *, language: str) -> str:
        """As people say it: xã Bắc Sơn; or the words for elsewhere and for the whole province."""
        if unit_id is None or unit_id == self.units.province_id:
            return f"{self.pack.province.word.of(language)} {self.pack.province.name}"
        row = self.units.row(unit_id)
        return row.label if row else self.catalog.label("units.elsewhere", language=language)

    @property
    def recall_hours(self) -> int:
        """For so long some channel lets a message be taken back; 0 where none does."""
        return max(door.capabilities.recall_hours for door in self.doors)


Look = Callable[[Transaction], Awaitable[object]]
Ask = Callable[[], Awaitable[object]]


class LookFirstError(Exception):
    """A handler needs what must not hold the one writer: a long look at the database, or what a messenger answers (`ask`).

    Raised by `Turn.look` and `Turn.ask`, caught by the router.
    """

    def __init__(self, key: str, *, look: Look | None = None, ask: Ask | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.look = look
        self.ask = ask


@dataclass(slots=True, kw_only=True)
class Turn:
    """Handlers read `incoming`, `known` and `tx`; they call `goto` or `close` and return Replies."""

    incoming: Incoming
    known: Known
    tx: Transaction
    now: datetime
    world: World
    looked: Mapping[str, object] = field(default_factory=dict)
    dialogue: Dialogue | None = field(init=False)
    source: str = field(init=False)
    contact_id: ContactId | None = field(init=False)

    def __post_init__(self) -> None:
        self.dialogue = self.known.dialogue
        self.source = self.known.draft.source if self.known.draft else ""
        self.contact_id = self.known.contact.contact_id if self.known.contact else None
        if self.contact_id is None and (draft := self.known.draft):
            # No time is kept of it, so it never grows stale: it is gone after a day.
            self.dialogue = Dialogue(
                flow=draft.flow,
                version=1,
                step=draft.step,
                choices=draft.choices,
                started_at=self.now,
                answered_at=self.now,
            )

    # Who it is

    @property
    def contact(self) -> Contact:
        """For handlers that run only for people who are known."""
        if self.known.contact is None:
            raise PermissionDeniedError("not_known")
        return self.known.contact

    @property
    def officer(self) -> Officer:
        """For handlers that run only for officers; outreach checks what this one may do."""
        if self.known.officer is None:
            raise PermissionDeniedError("not_allowed")
        return self.known.officer

    @property
    def can(self) -> Capabilities:
        """What the channel of this turn can do now."""
        door = self.world.door(self.incoming.channel)
        if door.refuses_buttons and door.refuses_buttons():
            return replace(door.capabilities, buttons=False)
        return door.capabilities

    def shows_buttons(self, count: int) -> bool:
        """Whether so many choices stand as buttons here, and not as lines of the text."""
        return self.can.buttons and not 0 < self.can.max_buttons < count

    @property
    def language(self) -> str:
        return self.known.contact.language if self.known.contact else "vi"

    @property
    def subscribed(self) -> bool:
        contact = self.known.contact
        return contact is not None and contact.subscription in {Subscription.ACTIVE, Subscription.PAUSED}

    def now_is(self, contact: Contact) -> None:
        """A rule has made or changed the contact: what follows in this turn speaks of the new state."""
        self.known = replace(self.known, contact=contact)
        self.contact_id = contact.contact_id

    # Words

    def say(self, key: str, **values: object) -> str:
        return self.world.catalog.say(key, language=self.language, **values)

    def label(self, key: str, **values: object) -> str:
        return self.world.catalog.label(key, language=self.language, **values)

    def unit_label(self, unit_id: UnitId | None) -> str:
        return self.world.unit_label(unit_id, language=self.language)

    @property
    def placeholders(self) -> dict[str, str]:
        """What a text's placeholders say to whoever this is."""
        unit_id = self.known.contact.unit_id if self.known.contact else None
        return values_for(self.world.catalog, units=self.world.units, unit_id=unit_id, language=self.language)

    def button(self, key: str, flow: str, step: str, arg: str | int = "", **values: object) -> Button:
        """A choice whose words stand under `key`."""
        return Button(label=self.label(key, **values), payload=payload(flow, step, arg))

    def voiced(self, key: str) -> str:
        """The key of a text that everybody may meet: officers, who are spoken to without a pronoun, have "<key>_officer" of some."""
        own = f"{key}_officer"
        return own if self.known.officer and self.world.catalog.has(own) else key

    def reply(self, key: str, buttons: Labels = (), **values: object) -> Reply:
        return Reply(text=self.say(self.voiced(key), **values), buttons=rows(buttons))

    def answer(self, key: str, buttons: Labels = (), **values: object) -> Replies:
        """The commonest answer: one message."""
        return Replies(messages=(self.reply(key, buttons, **values),))

    def notice(self, contact_id: ContactId, key: str, buttons: Labels = (), **values: object) -> Notice:
        return Notice(contact_id=contact_id, reply=Reply(text=self.say(key, **values), buttons=rows(buttons)))

    async def look(self, key: str, look: Callable[[Transaction], Awaitable[T]]) -> T:
        """What `look` finds in a transaction that only reads. The turn is rolled back for it and begins again, with the answer under `key`.

        For counts over many people: 300,000 of them take most of a second, in which nobody else could be answered.
        """
        if key not in self.looked:
            raise LookFirstError(key, look=look)
        return cast("T", self.looked[key])

    async def ask(self, key: str, ask: Callable[[], Awaitable[T]]) -> T:
        """What somebody outside answers to `ask`, which raises nothing; the turn begins again as for `look`."""
        if key not in self.looked:
            raise LookFirstError(key, ask=ask)
        return cast("T", self.looked[key])

    # Where the conversation goes

    def goto(
        self,
        flow: str,
        step: str,
        *,
        subject_id: int | None = None,
        data: Mapping[str, str] | None = None,
        version: int = 1,
    ) -> None:
        """The next answer belongs to this step. What the flow had in `data` and `subject_id` is kept unless given."""
        kept = self.dialogue if self.dialogue and self.dialogue.flow == flow else None
        self.dialogue = Dialogue(
            flow=flow,
            version=version,
            step=step,
            subject_id=subject_id if subject_id is not None or kept is None else kept.subject_id,
            data=data if data is not None else kept.data if kept else {},
            started_at=kept.started_at if kept else self.now,
            answered_at=self.now,
        )

    def close(self) -> None:
        """The conversation is over; what is typed next is read as words or commands."""
        self.dialogue = None

    def leave(self, flow: str) -> None:
        """Close the conversation if it is of this flow; any other stays open while the person looks at something else."""
        if self.dialogue and self.dialogue.flow == flow:
            self.close()

    def misunderstood(self) -> int:
        """Count that an answer was not understood; gives how often in a row."""
        if self.dialogue is None:
            self.goto("menu", "idle")
        assert self.dialogue is not None  # noqa: S101  (goto has just set it)
        self.dialogue = replace(self.dialogue, misunderstood=self.dialogue.misunderstood + 1)
        return self.dialogue.misunderstood


def rows(buttons: Labels) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(row) for row in buttons)


Handle = Callable[[Turn], Awaitable[Replies]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A conversation. `answer` takes free text and files, `pressed` a button of the flow (perhaps an old one), `resume` asks again."""

    name: str
    answer: Handle
    pressed: Callable[[Turn, Press], Awaitable[Replies]]
    resume: Handle
    version: int = 1
    officers_only: bool = False
    joins_texts: bool = False  # takes the rest of a text that the phone has cut; elsewhere it is no answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What "/name", the keyboard's label and plain words lead to. `words` stand under the text key "commands.<name>_words"."""

    name: str
    run: Handle
    officers_only: bool = False
