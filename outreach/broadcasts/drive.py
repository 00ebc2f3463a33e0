"""What the clock does with an article that was ordered: have it made, hand it over in the platform's hours, say how it ended."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from outreach.broadcasts.model import UNKNOWN, Article, Broadcast, BroadcastState
from outreach.broadcasts.ports import Publisher
from outreach.clock import VIETNAM, Clock
from outreach.messaging import ContactId, SendError, SendErrorKind
from outreach.officers import Action, Actor, check_system
from outreach.outbox import OutboxRow
from outreach.pack import Span
from outreach.transaction import Transaction, Transactions

log = logging.getLogger(__name__)

# The officer may change her mind for so long; after that nothing brings it back.
GRACE = timedelta(minutes=1)
# Zalo takes broadcasts from 6:00 to 21:59.
HOURS = Span(first=time(6), last=time(21, 59))
# A provider that does not answer, or an article that is never made, is not waited for longer than this.
_PATIENCE = timedelta(hours=24)

# It did not go, and trying again may help.
_AGAIN = frozenset({SendErrorKind.NOT_NOW, SendErrorKind.REFUSED, SendErrorKind.NEVER_LEFT})

Render = Callable[[Broadcast], Article]
# Effects: a message to that officer in the outbox, and what it offers to be typed.
Tell = Callable[[Transaction, ContactId, Broadcast], Awaitable[list[OutboxRow]]]


def within_hours(now: datetime) -> bool:
    return HOURS.covers(now.astimezone(VIETNAM).timetz())


@dataclass(frozen=True, kw_only=True)
class Press:
    """Where articles are made: the account, our words for it, and how an officer is told."""

    transactions: Transactions
    publisher: Publisher
    render: Render
    tell: Tell
    clock: Clock


async def drive_broadcasts(actor: Actor, *, press: Press) -> list[OutboxRow]:
    """Every article one step on; gives the messages to officers, which stand in the outbox by then. One job at a time.

    Each step is durable by itself. An article may be made twice after a crash, and one of them goes to nobody; handing it over is marked
    before the call leaves, and what is found so marked is asked about and never repeated by itself.
    """
    check_system(actor)
    async with press.transactions.read() as tx:
        waiting = await tx.broadcasts.under_way(press.publisher.account_id)
    told: list[OutboxRow] = []
    for broadcast in waiting:
        if broadcast.state == BroadcastState.CREATING:
            told += await _make(press, broadcast)
        elif broadcast.state == BroadcastState.READY:
            told += await _hand_over(press, broadcast)
        elif not broadcast.is_unknown:  # the process died at the call
            told += await _lost(press, broadcast)
    return told


async def _make(press: Press, broadcast: Broadcast) -> list[OutboxRow]:
    try:
        if not broadcast.token:
            token = await press.publisher.create_article(press.render(broadcast))
            async with press.transactions.write(bulk=True) as tx:
                await tx.broadcasts.note(
                    broadcast.broadcast_id, state=BroadcastState.CREATING, at=press.clock(), token=token
                )
            return []
        article = await press.publisher.verify_article(broadcast.token)
    except SendError as error:
        if error.kind == SendErrorKind.UNKNOWN and not broadcast.token:  # it would be made again and again
            return await _end(press, broadcast, BroadcastState.FAILED, reason="article_unknown")
        if error.kind not in _AGAIN | {SendErrorKind.UNKNOWN}:
            return await _end(press, broadcast, BroadcastState.FAILED, reason=error.reason)
        article = None
    if article:
        async with press.transactions.write(bulk=True) as tx:
            await tx.broadcasts.move(
                broadcast.broadcast_id, state=BroadcastState.READY, at=press.clock(), article_ref=article
            )
        return []
    return await _unless_patient(press, broadcast, reason="article_slow")


async def _hand_over(press: Press, broadcast: Broadcast) -> list[OutboxRow]:
    now = press.clock()
    if now - broadcast.created_at < GRACE or not within_hours(now):
        return []
    async with press.transactions.write(bulk=True) as tx:
        sending = await tx.broadcasts.move(broadcast.broadcast_id, state=BroadcastState.SENDING, at=now, reason="")
    if sending is None:  # cancelled a moment ago
        return []
    try:
        message = await press.publisher.broadcast(broadcast.article_ref)
    except SendError as error:
        log.warning("broadcast %d was not taken: %s", broadcast.broadcast_id, error)
        if error.kind == SendErrorKind.UNKNOWN:
            return await _lost(press, sending)
        if error.kind not in _AGAIN:
            return await _end(press, sending, BroadcastState.FAILED, reason=error.reason)
        async with press.transactions.write(bulk=True) as tx:
            await tx.broadcasts.move(broadcast.broadcast_id, state=BroadcastState.READY, at=press.clock())
        return await _unless_patient(press, broadcast, reason=error.reason)
    # Durable first: the platform's figure is a courtesy, and asking for it may take its time.
    told = await _end(press, sending, BroadcastState.SENT, message_ref=message)
    await _count(press, sending)
    return told


async def _count(press: Press, broadcast: Broadcast) -> None:
    try:
        followers = await press.publisher.followers()
    except SendError:
        return
    if followers is not None:
        async with press.transactions.write(bulk=True) as tx:
            await tx.broadcasts.note(
                broadcast.broadcast_id, state=BroadcastState.SENT, at=press.clock(), platform_count=followers
            )


async def _unless_patient(press: Press, broadcast: Broadcast, *, reason: str) -> list[OutboxRow]:
    if press.clock() - broadcast.created_at < _PATIENCE:
        return []
    return await _end(press, broadcast, BroadcastState.FAILED, reason=reason)


async def _lost(press: Press, broadcast: Broadcast) -> list[OutboxRow]:
    """Nobody knows whether it went. Effects: the reason, a question to the officer."""
    async with press.transactions.write(bulk=True) as tx:
        state = BroadcastState.SENDING
        await tx.broadcasts.note(broadcast.broadcast_id, state=state, at=press.clock(), reason=UNKNOWN)
        return await _tell(press, tx, await tx.broadcasts.get(broadcast.broadcast_id))


async def _end(press: Press, broadcast: Broadcast, state: BroadcastState, **values: str) -> list[OutboxRow]:
    """Effects: state, the item is listed as news once it went, a message to the officer."""
    now = press.clock()
    async with press.transactions.write(bulk=True) as tx:
        ended = await tx.broadcasts.move(broadcast.broadcast_id, state=state, at=now, **values)
        content = broadcast.content
        if ended and state == BroadcastState.SENT and content.news_id is not None:
            await tx.news.publish(content.news_id, topic=content.topic, counts=content.counts, at=now)
        return await _tell(press, tx, ended)


async def _tell(press: Press, tx: Transaction, broadcast: Broadcast | None) -> list[OutboxRow]:
    """Who ordered it; where that office has ended, who is on duty for the province."""
    if broadcast is None:
        return []
    officer = await tx.officers.get(broadcast.created_by)
    officer = officer or next(iter(await tx.officers.on_duty(action=Action.SEND, unit_id=None)), None)
    if officer is None:
        return []
    return await press.tell(tx, officer.contact_id, broadcast)
