"""The fixed jobs of the clock: what is due is read from the database, so a missed beat or a restart loses nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from bot.replies import ReplySender
from bot.scheduler import Job
from content.articles import article_of
from content.readers.evidence import check_evidence
from content.readers.page import MAX_BYTES
from handlers.broadcast import told as told_broadcast
from handlers.declare import refused_paper
from handlers.files import going_on
from handlers.nominations.clock import clock_notice, refused_piece
from handlers.offered import tell_others
from handlers.registry import FILE_TAKERS
from handlers.router import Router
from handlers.send.approval import clock_notice as approval_notice
from handlers.send.media import refused as refused_media
from handlers.send.news import CampaignNews
from handlers.send.undoing import Undoings
from handlers.turn import World
from handlers.upkeep import alarm
from outreach.broadcasts.drive import Press, drive_broadcasts
from outreach.broadcasts.model import Broadcast
from outreach.broadcasts.ports import Publisher
from outreach.campaigns.advance import advance_campaigns
from outreach.campaigns.approval import remind_approvers
from outreach.campaigns.media import fetch_media, sweep_media
from outreach.campaigns.silence import try_another_way
from outreach.clock import Clock
from outreach.contacts.office import close_expired
from outreach.dialogue import KEPT_FOR
from outreach.evidence import Evidence, EvidenceStore, fetch_evidence
from outreach.messaging import AccountId, Channel, ContactId, Notice, Reply
from outreach.nominations.jobs import purge_expired, remind_drafts
from outreach.officers import System
from outreach.outbox import OutboxRow
from outreach.pack import Pack
from outreach.transaction import Transaction, Transactions
from outreach.upkeep import USED_UP, Watched, complaints, raise_alarm
from outreach.wishes import fetch_wishes

_MEGABYTE = 1024 * 1024
_SWEPT_EVERY = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Works:
    """What the jobs work with."""

    transactions: Transactions
    truncate: Callable[[], Awaitable[bool]]  # empties the write-ahead log; False while somebody reads in it
    pack: Pack
    world: World
    channels: Mapping[AccountId, Channel]
    evidence: EvidenceStore
    media: EvidenceStore  # what goes with campaigns
    router: Router
    replies: ReplySender
    wake: Callable[[], None]  # the bulk lanes look at once instead of at their next beat
    clock: Clock
    erased: asyncio.Event  # somebody's traces must leave the write-ahead log as well
    publisher: Publisher | None = None  # where articles for all followers are handed over
    cover_url: str = ""  # of the picture above them
    watched: Sequence[Watched] = ()  # accounts that may ail
    gone: frozenset[AccountId] = frozenset()  # accounts of ours over which nobody sends any more
    # Without a receipt, before another channel of the same person is tried; none: never.
    patience: timedelta = timedelta()


def tell_refused(world: World, piece: Evidence, *, handed_in: bool) -> Reply:
    """To a nominator, or to the officer whose minutes they are."""
    if piece.nomination_id is None:
        return refused_paper(world, piece)
    return refused_piece(world, piece, handed_in=handed_in)


def jobs_of(works: Works) -> list[Job]:
    """The fixed jobs of the clock."""

    async def silence() -> None:
        doors = works.world.doors
        accounts = [door.account_id for door in doors if door.capabilities.receipts]
        clock = System(name="clock")
        if await try_another_way(
            clock,
            transactions=works.transactions,
            accounts=accounts,
            patience=works.patience,
            now=works.clock(),
        ):
            works.wake()

    async def tidied() -> None:
        await tidy(works.transactions, now=works.clock())
        # Whoever was erased just before a crash is still in the log; ten minutes later not even there.
        works.erased.set()

    async def forget() -> None:
        if works.erased.is_set():
            works.erased.clear()
            if not await works.truncate():
                works.erased.set()  # a reader still holds the log: again with the next beat

    return [
        Job(name="forget", seconds=1, run=forget),
        _campaign_job(works),
        Job(name="silence", seconds=300, run=silence),
        *_officer_jobs(works),
        *_nomination_jobs(works),
        *(_broadcast_jobs(works, works.publisher) if works.publisher else ()),
        *(_upkeep_job(works, watched) for watched in works.watched),
        Job(name="outbox", seconds=15, run=works.replies.sweep),
        Job(name="tidy", seconds=600, run=tidied),
    ]


def _campaign_job(works: Works) -> Job:
    """What is due is begun, what is over ends."""

    async def campaigns() -> None:
        now = works.clock()
        if await advance_campaigns(
            System(name="clock"),
            transactions=works.transactions,
            pack=works.pack,
            now=now,
            gone=works.gone,
            hours_apply=works.world.send_hours_apply,
            digest_title=works.world.catalog.label("digest.title", day=now),
        ):
            works.wake()

    return Job(name="campaigns", seconds=1, run=campaigns)


async def tidy(transactions: Transactions, *, now: datetime) -> None:
    """What is past its time goes: drafts and idle conversations, old proofs, offices that have ended, messages nobody took."""
    async with transactions.write(bulk=True) as tx:
        await tx.dialogues.purge_drafts(now=now)
        await tx.dialogues.purge_idle(before=now - KEPT_FOR)
        await tx.evidence.drop(held_before=now - KEPT_FOR)
        await tx.contacts.purge(now=now)
        await tx.links.purge(now=now)
        await close_expired(System(name="clock"), tx, at=now)
        await tx.outbox.purge(before=now - timedelta(days=1))


async def press_approvers(transactions: Transactions, *, world: World, now: datetime) -> list[OutboxRow]:
    """What waits for a second officer goes one step on; gives what is to be told. Where nothing waits, nothing is written."""
    async with transactions.read() as tx:
        waiting = await tx.approvals.open()
    if not waiting:
        return []
    async with transactions.write(bulk=True) as tx:
        news = await remind_approvers(System(name="clock"), tx=tx, pack=world.pack, at=now)
        return await tell_others(tx, [approval_notice(world, one) for one in news], at=now)


def _officer_jobs(works: Works) -> list[Job]:
    """What officers wait for: news of their campaigns, messages taken back or changed, files that are read."""
    news = CampaignNews(
        transactions=works.transactions,
        router=works.router,
        channels={account_id: channel.name for account_id, channel in works.channels.items()},
        shut=lambda: works.replies.revoked | works.replies.exhausted,
        unheard=lambda: works.replies.unheard,
    )
    undoings = Undoings(
        transactions=works.transactions,
        router=works.router,
        channels=works.channels,
        clock=works.clock,
    )
    go_on = going_on(FILE_TAKERS, router=works.router)

    async def files() -> None:
        await fetch_wishes(
            System(name="clock"),
            transactions=works.transactions,
            channels=works.channels,
            readers={taker.flow: taker.read for taker in FILE_TAKERS},
            go_on=go_on,
            clock=works.clock,
            max_bytes=MAX_BYTES,
        )

    async def approvals() -> None:
        for row in await press_approvers(works.transactions, world=works.world, now=works.clock()):
            works.replies.send(row)

    return [
        Job(name="approvals", seconds=10, run=approvals),
        Job(name="campaign news", seconds=1, run=news.run),
        Job(name="undoings", seconds=1, run=undoings.run),
        Job(name="files", seconds=1, run=files),
        _media_job(works),
    ]


def _media_job(works: Works) -> Job:
    """What officers add to a campaign is fetched; what no campaign brings any more goes."""
    clock, due = System(name="clock"), works.clock()

    async def media() -> None:
        nonlocal due
        told = await fetch_media(
            clock,
            transactions=works.transactions,
            channels=works.channels,
            store=works.media,
            check=check_evidence,
            tell=partial(refused_media, works.world),
            clock=works.clock,
        )
        for row in told:
            works.replies.send(row)
        if (now := works.clock()) >= due:
            due = now + _SWEPT_EVERY
            await sweep_media(clock, transactions=works.transactions, store=works.media, now=now)

    return Job(name="media", seconds=1, run=media)


def _nomination_jobs(works: Works) -> list[Job]:
    clock = System(name="clock")

    async def evidence() -> None:
        told = await fetch_evidence(
            clock,
            transactions=works.transactions,
            channels=works.channels,
            store=works.evidence,
            check=check_evidence,
            tell=partial(tell_refused, works.world),
            clock=works.clock,
            max_bytes=works.pack.nomination.file_megabytes * _MEGABYTE,
        )
        for row in told:
            works.replies.send(row)

    async def nominations() -> None:
        now = works.clock()
        async with works.transactions.write(bulk=True) as tx:
            notices = await remind_drafts(clock, tx, pack=works.pack, now=now)
            notices += await purge_expired(clock, tx, pack=works.pack, now=now)
            told = [Notice(contact_id=one.contact_id, reply=clock_notice(works.world, one)) for one in notices]
            rows = await tell_others(tx, told, at=now)
        for row in rows:
            works.replies.send(row)

    return [
        Job(name="evidence", seconds=2, run=evidence),
        Job(name="nominations", seconds=300, run=nominations),
    ]


def _broadcast_jobs(works: Works, publisher: Publisher) -> list[Job]:
    """Articles for all followers."""
    world = works.world
    author = world.pack.organisation.name.vi

    async def tell(tx: Transaction, contact_id: ContactId, broadcast: Broadcast) -> list[OutboxRow]:
        now = works.clock()
        notice = Notice(contact_id=contact_id, reply=told_broadcast(world, broadcast, now=now))
        return await tell_others(tx, [notice], at=now)

    press = Press(
        transactions=works.transactions,
        publisher=publisher,
        render=partial(
            article_of,
            catalog=world.catalog,
            author=author,
            cover_url=works.cover_url,
            limits=world.article_limits,
        ),
        tell=tell,
        clock=works.clock,
    )

    async def broadcasts() -> None:
        for row in await drive_broadcasts(System(name="clock"), press=press):
            works.replies.send(row)

    return [Job(name="broadcasts", seconds=10, run=broadcasts)]


def _upkeep_job(works: Works, watched: Watched) -> Job:
    """Whether an account will go on working; the administrators are told over another one."""

    async def upkeep() -> None:
        health = await watched.health()
        if watched.account_id in works.replies.exhausted and not health.refused:
            health = replace(health, refused=USED_UP)  # replies hear of it before any count of ours does
        found = complaints(health, now=works.clock())
        if not found:
            return
        async with works.transactions.write(bulk=True) as tx:
            rows = await raise_alarm(
                System(name="clock"),
                tx,
                account_id=watched.account_id,
                found=found,
                over=works.channels.keys() - works.replies.revoked - works.replies.exhausted,
                tell=partial(alarm, world=works.world, name=watched.name),
                hours=works.pack.sending.hours,
                at=works.clock(),
            )
        for row in rows:
            works.replies.send(row)

    return Job(name=f"upkeep {watched.channel}", seconds=300, run=upkeep)
