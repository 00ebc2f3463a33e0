"""A stage: the real router, texts, pack and database; what would leave is collected, and people speak as on a phone."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from itertools import count

import pytest

from content.catalog import Catalog
from content.render import WIDEST
from handlers.registry import registry
from handlers.router import Answer, Router
from handlers.turn import Door, World
from outreach.clock import Clock
from outreach.directory import UnitDirectory
from outreach.messaging import (
    AccountId,
    Address,
    Attachment,
    AttachmentKind,
    ChannelName,
    ContactId,
    Incoming,
    IncomingKind,
    Reply,
)
from outreach.pack import Pack
from outreach.text import fold
from outreach.units import UnitId
from storage.database import Database

_numbers = count(1)


@dataclass(repr=False)  # the pack alone would make a page of a failure unreadable
class Phone:
    """One person's phone. Every action returns the texts of the messages that came back."""

    router: Router
    address: Address
    inbox: list[Reply] = field(default_factory=list)
    toasts: list[str] = field(default_factory=list)
    seen: int = 0
    name: str = ""  # as the messenger shows it

    async def _does(self, kind: IncomingKind, **values: object) -> list[str]:
        before = len(self.inbox)
        incoming = Incoming(
            update_id=str(next(_numbers)),
            address=self.address,
            channel=ChannelName.TELEGRAM,
            kind=kind,
            sent_at=self.router.clock(),
            message_ref=str(next(_numbers)),
            sender_name=self.name,
            **values,  # type: ignore[arg-type]  # the test's own business
        )
        await self.router.handle(incoming)
        return [reply.text for reply in self.inbox[before:]]

    async def opens(self, payload: str = "") -> list[str]:
        return await self._does(IncomingKind.START, payload=payload)

    async def says(self, text: str) -> list[str]:
        return await self._does(IncomingKind.TEXT, text=text)

    async def taps(self, label: str) -> list[str]:
        """The newest inline button whose label folds to (or begins with) `label`; a raw payload with two colons is sent as it is."""
        if label.count(":") >= 2:
            return await self._does(IncomingKind.BUTTON, payload=label, callback_ref="1")
        for reply in reversed(self.inbox):
            buttons = [button for row in reply.buttons for button in row if button.payload]
            exact = [button for button in buttons if fold(button.label) == fold(label)]
            for button in exact or buttons:
                if fold(button.label).startswith(fold(label)):
                    return await self._does(IncomingKind.BUTTON, payload=button.payload, callback_ref="1")
        raise AssertionError(
            f"no button {label!r}; there are {[b.label for r in self.inbox for row in r.buttons for b in row]}"
        )

    async def sends_photo(self, *, unique: str = "", album: str = "", caption: str = "") -> list[str]:
        photo = Attachment(
            kind=AttachmentKind.PHOTO, ref=f"ref-{next(_numbers)}", unique=unique or str(next(_numbers)), size=1000
        )
        return await self._does(IncomingKind.MEDIA, attachments=(photo,), album=album, text=caption)

    async def sends_file(self, name: str, *, media_type: str = "application/pdf", size: int = 1000) -> list[str]:
        attachment = Attachment(
            kind=AttachmentKind.FILE,
            ref=f"ref-{next(_numbers)}",
            unique=str(next(_numbers)),
            name=name,
            media_type=media_type,
            size=size,
        )
        return await self._does(IncomingKind.MEDIA, attachments=(attachment,))

    async def sends_sticker(self) -> list[str]:
        return await self._does(IncomingKind.OTHER)

    async def edits(self, text: str) -> list[str]:
        return await self._does(IncomingKind.EDIT, text=text)

    async def blocks(self) -> list[str]:
        return await self._does(IncomingKind.BLOCKED)

    async def unblocks(self) -> list[str]:
        return await self._does(IncomingKind.UNBLOCKED)

    @property
    def last(self) -> Reply:
        return self.inbox[-1]

    @property
    def labels(self) -> list[str]:
        """Labels of the newest message that has inline buttons."""
        for reply in reversed(self.inbox):
            if reply.buttons:
                return [button.label for row in reply.buttons for button in row]
        return []

    def news(self) -> list[str]:
        """What has come since this was last asked, for instance a notice that somebody else caused."""
        texts = [reply.text for reply in self.inbox[self.seen :]]
        self.seen = len(self.inbox)
        return texts


@dataclass(repr=False)
class Stage:
    router: Router
    account_id: AccountId
    phones: dict[str, Phone] = field(default_factory=dict)

    def phone(self, external_id: str) -> Phone:
        """The phone at that address; the same one each time."""
        if external_id not in self.phones:
            address = Address(account_id=self.account_id, external_id=external_id)
            self.phones[external_id] = Phone(router=self.router, address=address)
        return self.phones[external_id]

    def deliver(self, answer: Answer) -> None:
        own = self.phone(answer.incoming.address.external_id)
        if answer.incoming.callback_ref:
            own.toasts.append(answer.toast)
        for row in answer.rows:
            self.phone(row.address.external_id).inbox.append(row.reply)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture
def world(langson: Pack, catalog: Catalog, units: dict[str, UnitId], account_id: AccountId) -> World:
    directory = UnitDirectory({row.code: row for row in langson.units}, units, langson.province.code)
    door = Door(
        channel=ChannelName.TELEGRAM,
        account_id=account_id,
        name="@LoaTreBot",
        capabilities=replace(WIDEST, recall_hours=48),
        link=lambda word: f"https://t.me/LoaTreBot?start={word}",
        rate=30.0,
    )
    return World(pack=langson, catalog=catalog, units=directory, doors=(door,))


@pytest.fixture
def stage(database: Database, world: World, clock: Clock, account_id: AccountId) -> Stage:
    router = Router(transactions=database, world=world, registry=registry(), clock=clock, deliver=lambda _: None)
    made = Stage(router=router, account_id=account_id)
    router.deliver = made.deliver
    return made


@pytest.fixture
async def young(stage: Stage, person: Callable[..., Awaitable[ContactId]]) -> Phone:
    """Born 2005, from xã Bắc Sơn, subscribed."""
    await person(unit="06325", external_id="501")
    return stage.phone("501")
