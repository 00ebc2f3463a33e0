"""The clock's jobs for an account of one messenger: what officers and administrators are told leaves over another one."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.jobs import Works, jobs_of
from bot.replies import ReplySender
from content.catalog import Catalog
from content.render import WIDEST
from handlers.registry import registry
from handlers.router import Router
from handlers.turn import Door, World
from outreach.broadcasts.model import BroadcastState
from outreach.campaigns.model import Campaign, Content
from outreach.directory import UnitDirectory
from outreach.messaging import AccountId, Attachment, AttachmentKind, ChannelName, ContactId, Media
from outreach.officers import Officer, Role
from outreach.pack import Pack
from outreach.units import UnitId
from outreach.upkeep import Health, Watched
from storage.database import Database
from storage.evidence_files import EvidenceFiles
from tests.conftest import TestClock
from tests.handlers.send.conftest import RecordingChannel
from tests.outreach.broadcasts.conftest import NOON, RecordingPublisher


@dataclass(kw_only=True)
class Office:
    """`beat` runs one job; `told` is what left over Telegram."""

    works: Works
    replies: ReplySender
    telegram: RecordingChannel

    async def beat(self, name: str) -> None:
        [job] = [job for job in jobs_of(self.works) if job.name == name]
        await job.run()
        await self.replies.drain()

    @property
    def told(self) -> list[str]:
        return [reply.text for _, reply in self.telegram.sent]


@pytest.fixture
def person(subscriber: Callable[..., Awaitable[ContactId]]) -> Callable[..., Awaitable[ContactId]]:
    """Nobody of the simulator's."""
    return subscriber


@pytest.fixture
async def oa(database: Database) -> AccountId:
    async with database.write() as tx:
        return await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="4000", name="Tuổi trẻ Lạng Sơn")


@pytest.fixture
def office(
    database: Database,
    langson: Pack,
    units: dict[str, UnitId],
    account_id: AccountId,
    oa: AccountId,
    clock: TestClock,
    tmp_path: Any,
) -> Office:
    clock.now = NOON
    directory = UnitDirectory({row.code: row for row in langson.units}, units, langson.province.code)
    doors = tuple(
        Door(channel=channel, account_id=account, name=name, capabilities=WIDEST, link=str, rate=1.0)
        for channel, account, name in (
            (ChannelName.TELEGRAM, account_id, "@LoaTreBot"),
            (ChannelName.ZALO_OA, oa, "Tuổi trẻ Lạng Sơn"),
        )
    )
    world = World(pack=langson, catalog=Catalog(), units=directory, doors=doors)
    telegram = RecordingChannel(account_id=account_id)

    async def no_file(_: object) -> bytes:
        raise NotImplementedError

    async def truncated() -> bool:
        return True

    async def health() -> Health:
        return Health(refused="token_missing")

    replies = ReplySender(
        transactions=database, channels={account_id: telegram}, make_file=no_file, apology="", clock=clock
    )
    works = Works(
        transactions=database,
        truncate=truncated,
        pack=langson,
        world=world,
        channels={account_id: telegram},
        evidence=EvidenceFiles(tmp_path, keyring=database.keyring),
        media=EvidenceFiles(tmp_path / "media", keyring=database.keyring),
        router=Router(transactions=database, world=world, registry=registry(), clock=clock, deliver=lambda _: None),
        replies=replies,
        wake=lambda: None,
        clock=clock,
        erased=asyncio.Event(),
        publisher=RecordingPublisher(account_id=oa),
        cover_url="https://example.vn/bia.jpg",
        watched=[Watched(account_id=oa, channel=ChannelName.ZALO_OA, name="Tuổi trẻ Lạng Sơn", health=health)],
    )
    return Office(works=works, replies=replies, telegram=telegram)


async def test_an_alarm_leaves_over_the_other_channel_once_a_day(
    office: Office, officer: Callable[..., Awaitable[Officer]], clock: TestClock
) -> None:
    await officer(Role.ADMIN)
    for _ in range(2):
        await office.beat("upkeep zalo_oa")
    [told] = office.told
    assert "Tuổi trẻ Lạng Sơn" in told
    assert "loatre zalo authorize" in told
    clock.advance(days=1)
    await office.beat("upkeep zalo_oa")
    assert len(office.told) == 2


async def test_an_alarm_is_not_given_to_a_channel_that_is_refused_too(
    office: Office, officer: Callable[..., Awaitable[Officer]], account_id: AccountId, caplog: pytest.LogCaptureFixture
) -> None:
    await officer(Role.ADMIN)
    office.replies.revoked.add(account_id)
    await office.beat("upkeep zalo_oa")
    assert office.told == []
    assert "no administrator can be told" in caplog.text
    office.replies.revoked.clear()
    await office.beat("upkeep zalo_oa")
    assert len(office.told) == 1


async def test_a_plan_that_replies_have_found_used_up_is_told_too(
    office: Office, officer: Callable[..., Awaitable[Officer]], oa: AccountId
) -> None:
    async def well() -> Health:
        return Health()

    works = replace(office.works, watched=[replace(office.works.watched[0], health=well)])
    office = Office(works=works, replies=office.replies, telegram=office.telegram)
    await officer(Role.ADMIN)
    await office.beat("upkeep zalo_oa")
    assert office.told == []
    office.replies.exhausted.add(oa)
    await office.beat("upkeep zalo_oa")
    [told] = office.told
    assert "đã dùng hết số tin của gói dịch vụ" in told


async def test_an_article_is_made_with_its_picture_and_its_officer_is_told(
    office: Office,
    officer: Callable[..., Awaitable[Officer]],
    database: Database,
    plan_136: Content,
    oa: AccountId,
    clock: TestClock,
) -> None:
    editor = await officer(Role.EDITOR)
    async with database.write() as tx:
        row = await tx.broadcasts.add(account_id=oa, content=plan_136, by=editor.officer_id, at=clock())
        await tx.broadcasts.move(row.broadcast_id, state=BroadcastState.CREATING, at=clock())
    for _ in range(3):
        await office.beat("broadcasts")
        clock.advance(minutes=1)
    publisher = office.works.publisher
    assert isinstance(publisher, RecordingPublisher)
    assert publisher.calls == ["create", "verify", "broadcast", "followers"]
    article: Any = publisher.asked[0][1]
    assert (article.author, article.cover_url) == ("Tỉnh đoàn Lạng Sơn", "https://example.vn/bia.jpg")
    [told] = office.told
    assert "đã giao cho Zalo duyệt và phát" in told


async def test_files_that_no_campaign_brings_any_more_go(
    office: Office, campaign: Callable[..., Awaitable[Campaign]], plan_136: Content, clock: TestClock
) -> None:
    """Two of the same content are one file, and a wording that is sent again brings the file of the first."""
    database, store, drafts = office.works.transactions, office.works.media, [await campaign() for _ in range(3)]

    async def kept() -> list[bool]:
        async with database.read() as tx:
            return [await tx.media.get(one.media_id) is not None for one in media]

    media = []
    async with database.write() as tx:
        for draft, data in zip(drafts, (b"one", b"two", b"two"), strict=True):
            account = office.telegram.account_id
            wanted = Attachment(kind=AttachmentKind.FILE, ref="r", unique="u")
            number = await tx.media.add(
                wanted, name="a", campaign_id=draft.campaign_id, account_id=account, by=draft.created_by, at=clock()
            )
            media.append(Media(media_id=number, kind=AttachmentKind.FILE, name="a"))
            await tx.media.mark_stored(media[-1], content_hash=await store.put(data), media_type="")
            await tx.media.keep_ref(number, account_id=account, ref="f")
    again = await campaign(content=replace(plan_136, media=(media[0], media[2])))
    await office.beat("media")
    assert await kept() == [True, True, True], "she may be at it still"
    clock.advance(days=3)
    await office.beat("media")
    assert await kept() == [True, False, True]
    assert [await store.get(hashlib.sha256(data).hexdigest()) for data in (b"one", b"two")] == [b"one", b"two"]
    async with database.write() as tx:
        await tx.campaigns.edit(again.campaign_id, content=replace(plan_136, media=(media[0],)))
    await office.beat("media")
    assert await kept() == [True, False, False]
    with pytest.raises(FileNotFoundError):
        await store.get(hashlib.sha256(b"two").hexdigest())
    assert await store.get(hashlib.sha256(b"one").hexdigest()) == b"one"
