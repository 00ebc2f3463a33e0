"""A stage: the real router, texts, pack and database; what would leave is collected, and people speak as on a phone."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from itertools import count

import pytest

from bot.channels.kit import numbered, plain
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
    Button,
    Capabilities,
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

_ZALO = Capabilities(
    max_text=2000, max_caption=2000, max_payload_bytes=64, keyboard=False, edits=False, start_payload=False
)
CAN = {
    ChannelName.TELEGRAM: replace(WIDEST, recall_hours=48, copies=True),
    ChannelName.ZALO_OA: replace(
        _ZALO,
        max_buttons=5,
        windowed=True,
        receipts=True,
        articles=True,
        file_suffixes=frozenset({".pdf", ".doc", ".docx", ".png", ".jpg", ".jpeg"}),
    ),
    ChannelName.ZALO_BOT: replace(_ZALO, buttons=False, files=False, file_suffixes=frozenset()),
}
ON_EVERY_CHANNEL = pytest.mark.channels
ON_TELEGRAM = pytest.mark.channels(ChannelName.TELEGRAM)  # many words, whose meaning no channel changes
ON_ZALO = pytest.mark.channels(ChannelName.ZALO_OA, ChannelName.ZALO_BOT)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    wanted = metafunc.definition.get_closest_marker("channels")
    if wanted is None or "network" not in metafunc.fixturenames:
        return
    needed = {name for mark in metafunc.definition.iter_markers("needs") for name in mark.args}
    able = [name for name in wanted.args or CAN if all(getattr(CAN[name], one) for one in needed)]
    metafunc.parametrize("network", able, ids=str)


@dataclass(repr=False)  # the pack alone would make a page of a failure unreadable
class Phone:
    """One person's phone. Every action returns the texts of the messages that came back."""

    router: Router
    address: Address
    channel: ChannelName = ChannelName.TELEGRAM
    inbox: list[Reply] = field(default_factory=list)
    toasts: list[str] = field(default_factory=list)
    seen: int = 0
    name: str = ""  # as the messenger shows it

    async def _does(self, kind: IncomingKind, **values: object) -> list[str]:
        before = len(self.inbox)
        incoming = Incoming(
            update_id=str(next(_numbers)),
            address=self.address,
            channel=self.channel,
            kind=kind,
            sent_at=self.router.clock(),
            message_ref=str(next(_numbers)),
            sender_name=self.name,
            **values,  # type: ignore[arg-type]  # the test's own business
        )
        await self.router.handle(incoming)
        return [reply.text for reply in self.inbox[before:]]

    @property
    def can(self) -> Capabilities:
        return CAN[self.channel]

    def listed(self, reply: Reply) -> bool:
        """Whether its buttons stand as lines of the text."""
        buttons = sum(map(len, reply.buttons))
        return not self.can.buttons or 0 < self.can.max_buttons < buttons

    def shown(self, reply: Reply) -> str:
        """As it is read on the phone: where buttons stand in the text, and formatting is dropped."""
        told = numbered(reply).text if self.listed(reply) else reply.text
        return told if self.channel == ChannelName.TELEGRAM else plain(told)

    async def opens(self, payload: str = "") -> list[str]:
        """By a link: where that carries no word, the word is typed. The Bot Platform tells of no beginning but words."""
        if payload and not self.can.start_payload:
            return await self.says(payload)
        if self.channel == ChannelName.ZALO_BOT:
            return await self.says("Bắt đầu")
        return await self._does(IncomingKind.START, payload=payload)

    async def says(self, text: str) -> list[str]:
        return await self._does(IncomingKind.TEXT, text=text)

    async def taps(self, label: str) -> list[str]:
        """The newest inline button whose label folds to (or begins with) `label`; a raw payload with two colons is sent as it is.

        Where buttons are lines of the text its code or number is typed, and under a later list its label.
        """
        if label.count(":") >= 2:
            assert self.can.buttons, f"nobody can send {label!r} here: the case needs buttons"
            return await self._press(label)
        for reply in reversed(self.inbox):
            buttons = [button for row in reply.buttons for button in row if button.payload]
            exact = [button for button in buttons if fold(button.label) == fold(label)]
            for button in exact or buttons:
                if fold(button.label).startswith(fold(label)):
                    if self.listed(reply):
                        return await self.says(self._typed_for(reply, button))
                    return await self._press(button.payload)
        if label.isdecimal() and not self.can.start_payload:
            return await self.says(label)  # a year, which is not listed there
        raise AssertionError(
            f"no button {label!r}; there are {[b.label for r in self.inbox for row in r.buttons for b in row]}"
        )

    async def _press(self, payload: str) -> list[str]:
        answered = {"callback_ref": "1"} if self.channel == ChannelName.TELEGRAM else {}
        return await self._does(IncomingKind.BUTTON, payload=payload, **answered)

    def _typed_for(self, reply: Reply, button: Button) -> str:
        if button.code:
            return button.code
        buttons = [one for row in reply.buttons for one in row if one.payload]
        newest = next(one for one in reversed(self.inbox) if one.buttons)
        counted = not any(one.label.isdecimal() for one in buttons)
        return str(buttons.index(button) + 1) if counted and reply is newest else button.label

    async def sends_photo(self, *, unique: str = "", album: str = "", caption: str = "") -> list[str]:
        photo = Attachment(
            kind=AttachmentKind.PHOTO, ref=f"ref-{next(_numbers)}", unique=unique or str(next(_numbers)), size=1000
        )
        return await self._does(IncomingKind.MEDIA, attachments=(photo,), album=album, text=caption)

    async def sends_file(self, name: str, *, media_type: str = "application/pdf", size: int = 1000) -> list[str]:
        assert self.can.files, "nobody can send a file here: the case needs files"
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

    async def follows(self) -> list[str]:
        return await self._does(IncomingKind.START)

    async def is_withheld(self) -> list[str]:
        """What she wrote is kept back by the messenger."""
        return await self._does(IncomingKind.WITHHELD)

    async def withdraws(self) -> list[str]:
        """She asks the messenger that her data here be deleted."""
        return await self._does(IncomingKind.WITHDRAW)

    async def hears_staff(self, payload: str = "") -> list[str]:
        """Somebody writes to her from the account's own console, or gives her back with `payload`."""
        return await self._does(IncomingKind.STAFF, payload=payload)

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

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """The keyboard that the last message sets, or the buttons that stand in its place."""
        shortcuts = tuple(
            tuple(button.label for button in row if button.payload[:3] == "go:") for row in self.last.buttons
        )
        return self.last.keyboard if self.can.keyboard else tuple(row for row in shortcuts if row)

    def news(self) -> list[str]:
        """What has come since this was last asked, for instance a notice that somebody else caused."""
        texts = [reply.text for reply in self.inbox[self.seen :]]
        self.seen = len(self.inbox)
        return texts


@dataclass(repr=False)
class Stage:
    router: Router
    account_id: AccountId
    channel: ChannelName = ChannelName.TELEGRAM
    phones: dict[str, Phone] = field(default_factory=dict)

    def phone(self, external_id: str) -> Phone:
        """The phone at that address; the same one each time."""
        if external_id not in self.phones:
            address = Address(account_id=self.account_id, external_id=external_id)
            self.phones[external_id] = Phone(router=self.router, address=address, channel=self.channel)
        return self.phones[external_id]

    def deliver(self, answer: Answer) -> None:
        own = self.phone(answer.incoming.address.external_id)
        assert own.can.keyboard or not any(row.reply.keyboard for row in answer.rows if row.address == own.address)
        if answer.incoming.callback_ref:
            own.toasts.append(answer.toast)
        for row in answer.rows:
            self.phone(row.address.external_id).inbox.append(row.reply)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture
def network() -> ChannelName:
    """Where the people of a case are; see ON_EVERY_CHANNEL."""
    return ChannelName.TELEGRAM


@pytest.fixture
async def account_id(database: Database, network: ChannelName) -> AccountId:
    async with database.write() as tx:
        return await tx.contacts.account(channel=network, external_id="1000", name="Loa Tre test")


@pytest.fixture
def world(
    langson: Pack, catalog: Catalog, units: dict[str, UnitId], account_id: AccountId, network: ChannelName
) -> World:
    directory = UnitDirectory({row.code: row for row in langson.units}, units, langson.province.code)
    links = {
        ChannelName.TELEGRAM: lambda word: f"https://t.me/LoaTreBot?start={word}",
        ChannelName.ZALO_OA: lambda _: "https://zalo.me/4000",
        ChannelName.ZALO_BOT: lambda _: "https://zalo.me/bot1000",
    }
    door = Door(
        channel=network,
        account_id=account_id,
        name="@LoaTreBot" if network == ChannelName.TELEGRAM else "Loa Trẻ Lạng Sơn",
        capabilities=CAN[network],
        link=links[network],
        rate=30.0,
    )
    return World(pack=langson, catalog=catalog, units=directory, doors=(door,))


@pytest.fixture
def stage(database: Database, world: World, clock: Clock, account_id: AccountId, network: ChannelName) -> Stage:
    router = Router(transactions=database, world=world, registry=registry(), clock=clock, deliver=lambda _: None)
    made = Stage(router=router, account_id=account_id, channel=network)
    router.deliver = made.deliver
    return made


@pytest.fixture
async def young(stage: Stage, person: Callable[..., Awaitable[ContactId]]) -> Phone:
    """Born 2005, from xã Bắc Sơn, subscribed."""
    await person(unit="06325", external_id="501")
    return stage.phone("501")
